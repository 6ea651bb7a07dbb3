/**
 * A welcome acts only on the replica that its hello told of.
 */
import { beforeEach, expect, test } from "vitest";
import type { Hello, Welcome } from "@rockpool/protocol";
import { helloWith, testLimits, welcomeWith } from "@rockpool/protocol/hello-fixture";
import { type AdoptDecision, decideWelcome } from "./adopt.ts";
import { key, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";

let replica: TestReplica;

beforeEach(() => {
  replica = TestReplica.synced();
  replica.receive({ to: 3 });
});

/** Takes a welcome. */
const adopt = (welcome: Partial<Welcome> = {}): void => {
  const decision = decide({}, welcome);
  if (decision.type === "row") replica.append(decision.row);
};

const decide = (
  hello: Partial<Hello> = {},
  welcome: Partial<Welcome> = {},
  nowMs: number = testNowMs,
): AdoptDecision =>
  decideWelcome(
    replica.state,
    helloWith({ cursor: 3, clockMs: testNowMs, ...hello }),
    welcomeWith({ head: 3, clockMs: testNowMs, helloClockMs: testNowMs, ...welcome }),
    nowMs,
  );

test("a welcome that changes nothing is no row", () => {
  adopt();
  expect(decide()).toEqual({ type: "same" });
});

test("what the relay takes and whose replica it is are kept, once they are said", () => {
  expect(decide({}, { subject: "ada" })).toMatchObject({
    row: { subject: "ada", limits: { keyBytesMax: 2048 }, reset: false },
  });
  adopt({ subject: "ada" });
  expect(decide({}, { subject: "ada" })).toEqual({ type: "same" });
  expect(decide()).toEqual({ type: "same" });
  expect(decide({}, { limits: { ...testLimits, keyBytesMax: 2 } })).toMatchObject({
    row: { limits: { keyBytesMax: 2 } },
  });
  expect(replica.state.session.subject).toBe("ada");
});

test("a welcome for another subject is not taken", () => {
  adopt({ subject: "ada" });
  expect(decide({}, { subject: "eve", valid: false })).toEqual({ type: "subject" });
});

test("another scope is filled anew, but by a replica that has nothing yet", () => {
  expect(decide({}, { scope: [key("a")], shared: 3 })).toMatchObject({
    row: { scope: [key("a")], reset: true, shared: 3 },
  });
  replica = TestReplica.synced();
  expect(decide({ cursor: 0 }, { scope: [key("a")] })).toMatchObject({ row: { reset: false } });
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
  adopt();
  expect(decide({}, { clockMs: testNowMs + 100 })).toEqual({ type: "same" });
  expect(decide({}, { clockMs: testNowMs + 5100 }, testNowMs + 200)).toMatchObject({
    row: { clockOffsetMs: 5000 },
  });
});

/** What becomes of a hello that took eight seconds, if the relay's clock is ahead by so much halfway. */
const adoptSlowly = (aheadMs: number): AdoptDecision =>
  decide({}, { clockMs: testNowMs + 4000 + aheadMs }, testNowMs + 8000);

test("a hello that took long moves no clock that it may agree with", () => {
  adopt({ clockMs: testNowMs + 5000 });
  expect(adoptSlowly(1000)).toEqual({ type: "same" });
  expect(adoptSlowly(9000)).toEqual({ type: "same" });
  expect(adoptSlowly(9001)).toMatchObject({ row: { clockOffsetMs: 9001 } });
  expect(adoptSlowly(999)).toMatchObject({ row: { clockOffsetMs: 999 } });
});
