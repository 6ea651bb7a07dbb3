/**
 * Tokens and the proof of convergence, event by event: when the app is asked, when the relay, and what
 * is done about the answers.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { wholeBucket, zeroStamp } from "@rockpool/model";
import type { DownMessage, SessionErrorCode, Welcome } from "@rockpool/protocol";
import { welcomeWith } from "@rockpool/protocol/hello-fixture";
import { set, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { nextSession, offSession } from "./session.ts";
import type { Session, SessionEffect, SessionEvent } from "./session-event.ts";

let replica: TestReplica;
let session: Session;
let nowMs: number;
let givesTokens: boolean;

beforeEach(() => {
  replica = TestReplica.synced();
  session = offSession;
  nowMs = testNowMs;
  givesTokens = true;
});

const step = (event: SessionEvent): readonly SessionEffect[] => {
  const context = { nowMs, random: 1, bucket: "b", givesTokens, replica: replica.state };
  const next = nextSession(session, event, context);
  session = next.session;
  return next.effects;
};

const hear = (message: DownMessage): readonly SessionEffect[] => step({ type: "message", message });

const refuse = (code: SessionErrorCode): readonly SessionEffect[] =>
  hear({ type: "error", code, message: "no" });

const goLive = (welcome: Partial<Welcome> = {}): void => {
  if (session.phase === "off") step({ type: "start" });
  step({ type: "token", token: "t1" });
  step({ type: "opened" });
  hear(welcomeWith({ clockMs: nowMs, helloClockMs: nowMs, ...welcome }));
  step({ type: "adopted", outcome: "taken" });
};

describe("a token", () => {
  test("is asked for before a connection, and goes out with the hello", () => {
    expect(step({ type: "start" })).toEqual([{ type: "askToken" }]);
    expect(step({ type: "token", token: "t1" })).toEqual([{ type: "open" }]);
    expect(step({ type: "opened" })).toMatchObject([{ messages: [{ type: "hello", token: "t1" }] }]);
  });

  test("that the app does not give is asked for again after a pause", () => {
    step({ type: "start" });
    step({ type: "tokenless", reason: "signed out" });
    expect(session).toMatchObject({
      phase: "waiting",
      error: { code: "unauthorized", message: "signed out" },
    });
    nowMs = session.wakeAtMs ?? nowMs;
    expect(step({ type: "timer" })).toEqual([{ type: "askToken" }]);
    nowMs = session.wakeAtMs ?? nowMs;
    step({ type: "timer" });
    expect(session).toMatchObject({ phase: "waiting", error: { message: "the app gave no token in time" } });
  });

  test("is renewed in place a minute before it ends, or after half of a short life", () => {
    goLive({ expiresInMs: 3_600_000 });
    expect(session.renewAtMs).toBe(nowMs + 3_540_000);
    hear({ type: "renewed", expiresInMs: 10_000 });
    expect(session.wakeAtMs).toBe(nowMs + 5000);
    nowMs += 5000;
    expect(step({ type: "timer" })).toEqual([{ type: "askToken" }]);
    expect(step({ type: "token", token: "t2" })).toEqual([
      { type: "send", messages: [{ type: "auth", token: "t2" }] },
    ]);
    hear({ type: "renewed", expiresInMs: null });
    expect([session.phase, session.renewAtMs]).toEqual(["live", null]);
  });

  test("that is refused is followed by one more, then by the app", () => {
    goLive();
    expect(refuse("unauthorized")).toEqual([{ type: "close" }]);
    expect(session).toMatchObject({ phase: "waiting", wakeAtMs: nowMs });
    step({ type: "timer" });
    step({ type: "token", token: "t2" });
    step({ type: "opened" });
    refuse("unauthorized");
    expect(session).toMatchObject({ phase: "refused", wakeAtMs: null, error: { code: "unauthorized" } });
    expect(step({ type: "start" })).toEqual([{ type: "askToken" }]);
    goLive();
    refuse("unauthorized");
    expect(session.phase).toBe("waiting");
  });

  test("that is refused each time after it had held for a while is followed by one more each time", () => {
    goLive();
    for (let count = 0; count < 3; count++) {
      refuse("unauthorized");
      expect(session.phase).toBe("waiting");
      step({ type: "timer" });
      goLive();
    }
  });

  test("that the relay could not look at was not refused: it is shown again after a while, for as long as it takes", () => {
    goLive();
    for (let count = 0; count < 5; count++) {
      refuse("internal");
      expect(session).toMatchObject({ phase: "waiting", wasRefused: false, error: { code: "offline" } });
      expect(session.wakeAtMs).toBeGreaterThan(nowMs);
      nowMs = session.wakeAtMs ?? nowMs;
      expect(step({ type: "timer" })).toEqual([{ type: "askToken" }]);
      step({ type: "token", token: "t1" });
      expect(step({ type: "opened" })).toMatchObject([{ messages: [{ type: "hello", token: "t1" }] }]);
    }
    refuse("unauthorized");
    expect(session).toMatchObject({ phase: "waiting", wakeAtMs: nowMs });
  });

  test("that nobody gives cannot be asked for", () => {
    givesTokens = false;
    step({ type: "start" });
    step({ type: "opened" });
    refuse("unauthorized");
    expect(session.phase).toBe("refused");
  });

  test("of other rights has the session begin again at once, not for ever", () => {
    for (let count = 0; count < 3; count++) {
      step({ type: count === 0 ? "start" : "timer" });
      step({ type: "token", token: "t" });
      step({ type: "opened" });
      refuse("scope");
      expect(session).toMatchObject({ phase: "waiting", wakeAtMs: nowMs });
    }
    step({ type: "timer" });
    step({ type: "token", token: "t" });
    step({ type: "opened" });
    refuse("scope");
    expect(session.wakeAtMs).toBeGreaterThan(nowMs);
  });

  test("of another subject ends the session before anything is sent", () => {
    replica.commit(set("k", "mine"));
    step({ type: "start" });
    step({ type: "token", token: "t1" });
    step({ type: "opened" });
    hear(welcomeWith({ subject: "eve" }));
    expect(step({ type: "adopted", outcome: "subject" })).toEqual([{ type: "close" }]);
    expect(session).toMatchObject({ phase: "stopped", error: { code: "unauthorized" } });
  });

  test("of another subject ends the session before a patch for that one is taken", () => {
    replica.welcome({ epoch: "e1", subject: "ada" });
    step({ type: "start" });
    step({ type: "token", token: "t1" });
    step({ type: "opened" });
    expect(hear(welcomeWith({ subject: "eve" }))).toEqual([{ type: "close" }]);
    expect(session).toMatchObject({ phase: "stopped", error: { code: "unauthorized" } });
    const patch = { from: 0, to: 1, head: 1, upToDate: true, entries: [], results: [], stamp: zeroStamp };
    expect(hear({ type: "patch", epoch: "e1", scope: wholeBucket, patch })).toEqual([]);
  });
});

describe("a quiet replica", () => {
  const hash = "0123456789abcdef0123456789abcdef";

  beforeEach(() => {
    replica.receive({ to: 3 });
    goLive({ head: 3 });
  });

  test("is compared with the relay at a pong, once a day", () => {
    expect(hear({ type: "pong", id: 0, head: 3 })).toContainEqual({ type: "hash", at: 3 });
    expect(hear({ type: "pong", id: 0, head: 3 })).toEqual([{ type: "probed", id: 0, head: 3 }]);
    expect(step({ type: "hashed", at: 3, hash })).toEqual([
      { type: "send", messages: [{ type: "verify", epoch: "e1", at: 3, hash }] },
    ]);
    expect(hear({ type: "verified", at: 3, equal: true })).toEqual([
      { type: "compared", epoch: "e1", at: 3, equal: true },
    ]);
    replica.append({ type: "verify", epoch: "e1", at: 3, equal: true, readingMs: nowMs });
    expect(hear({ type: "pong", id: 0, head: 3 })).toHaveLength(1);
    nowMs += 24 * 60 * 60 * 1000;
    expect(hear({ type: "pong", id: 0, head: 3 })).toHaveLength(2);
  });

  test("is not compared while something is pending or the relay is ahead, and again when it moved on", () => {
    expect(hear({ type: "pong", id: 0, head: 4 })).toHaveLength(1);
    replica.receive({ to: 4 });
    const { name } = replica.commit(set("k", "v"));
    expect(hear({ type: "pong", id: 0, head: 4 })).toHaveLength(1);
    replica.receive({ to: 5, results: [replica.result(name, 5)] });
    expect(hear({ type: "pong", id: 0, head: 5 })).toHaveLength(2);
    expect(step({ type: "hashed", at: 5, hash: null })).toEqual([]);
    expect(hear({ type: "pong", id: 0, head: 5 })).toHaveLength(2);
    step({ type: "hashed", at: 5, hash });
    expect(hear({ type: "verified", at: 5, equal: null })).toEqual([]);
    expect(hear({ type: "pong", id: 0, head: 5 })).toHaveLength(2);
  });

  test("that differs is filled anew", () => {
    hear({ type: "pong", id: 0, head: 3 });
    step({ type: "hashed", at: 3, hash });
    hear({ type: "verified", at: 3, equal: false });
    replica.append({ type: "verify", epoch: "e1", at: 3, equal: false, readingMs: nowMs });
    expect(step({ type: "folded" })).toMatchObject([{ type: "beginFill" }, { type: "send" }]);
  });

  test("that differs again after it was filled is told of, and not filled again for a day", () => {
    const differ = (): boolean => {
      hear({ type: "pong", id: 0, head: 3 });
      expect(step({ type: "hashed", at: 3, hash })).toMatchObject([{ messages: [{ type: "verify" }] }]);
      const compared = { type: "compared", epoch: "e1", at: 3, equal: false } as const;
      expect(hear({ type: "verified", at: 3, equal: false })).toEqual([compared]);
      replica.append({ ...compared, type: "verify", readingMs: nowMs });
      return replica.state.session.fillDue;
    };
    expect(differ()).toBe(true);
    replica.refill({ to: 3 });
    replica.checkpoint();
    expect(differ()).toBe(false);
    nowMs += 24 * 60 * 60 * 1000;
    expect(differ()).toBe(true);
  });
});
