/**
 * A welcome acts only on the replica that its hello told of.
 */
import { beforeEach, expect, test } from "vitest";
import type { Hello, Welcome } from "@rockpool/protocol";
import { type AdoptDecision, decideWelcome } from "./adopt.ts";
import { key, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { wholeBucket } from "./folded-session.ts";

let replica: TestReplica;

beforeEach(() => {
  replica = TestReplica.synced();
  replica.receive({ to: 3 });
});

const decide = (
  hello: Partial<Hello> = {},
  welcome: Partial<Welcome> = {},
  nowMs: number = testNowMs,
): AdoptDecision =>
  decideWelcome(
    replica.state,
    {
      type: "hello",
      protocol: { min: 1, max: 1 },
      bucket: "b",
      replica: "r",
      epoch: "e1",
      cursor: 3,
      follow: wholeBucket,
      clockMs: testNowMs,
      ...hello,
    },
    {
      type: "welcome",
      protocol: 1,
      epoch: "e1",
      valid: true,
      shared: 0,
      subject: null,
      expiresInMs: null,
      head: 3,
      scope: wholeBucket,
      limits: {
        keyBytesMax: 1,
        valueBytesMax: 1,
        checksMax: 1,
        mutationsMax: 1,
        commitBytesMax: 1,
        pushCommitsMax: 1,
        pushBytesMax: 1,
      },
      clockMs: testNowMs,
      helloClockMs: testNowMs,
      ...welcome,
    },
    nowMs,
  );

test("a welcome that changes nothing is no row", () => {
  expect(decide()).toEqual({ type: "same" });
});

test("a replica that moved since its hello greets again", () => {
  expect(decide({ cursor: 2 })).toEqual({ type: "moved" });
  expect(decide({ epoch: "e0" })).toEqual({ type: "moved" });
  expect(decide({ follow: [key("a")] })).toEqual({ type: "moved" });
});

test("another epoch, another scope or a history that is gone is a row", () => {
  expect(decide({}, { epoch: "e2" })).toMatchObject({ type: "row", row: { epoch: "e2", reset: false } });
  expect(decide({}, { scope: [key("a")] })).toMatchObject({ type: "row", row: { scope: [key("a")] } });
  expect(decide({}, { valid: false })).toMatchObject({ type: "row", row: { epoch: "e1", reset: true } });
});

test("the clock is set to the relay's as of halfway through the round trip, and left alone within 100 ms", () => {
  expect(decide({}, { clockMs: testNowMs + 100 })).toEqual({ type: "same" });
  expect(decide({}, { clockMs: testNowMs + 5100 }, testNowMs + 200)).toMatchObject({
    row: { clockOffsetMs: 5000 },
  });
});
