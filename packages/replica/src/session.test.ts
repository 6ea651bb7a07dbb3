/**
 * The session with the relay, event by event: what it sends, when it comes back, and when it holds its tongue.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { type CommitName, nameKey, wholeBucket, zeroStamp } from "@rockpool/model";
import type { DownMessage, Welcome } from "@rockpool/protocol";
import { testLimits, welcomeWith } from "@rockpool/protocol/hello-fixture";
import { entryOf, key, set, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { nextSession, offSession } from "./session.ts";
import type { Session, SessionEffect, SessionEvent } from "./session-event.ts";

let replica: TestReplica;
let session: Session;
let nowMs: number;
let random: number;

beforeEach(() => {
  replica = TestReplica.synced();
  session = offSession;
  nowMs = testNowMs;
  random = 1;
});

const step = (event: SessionEvent): readonly SessionEffect[] => {
  const next = nextSession(session, event, {
    nowMs,
    random,
    bucket: "b",
    givesTokens: false,
    replica: replica.state,
  });
  session = next.session;
  return next.effects;
};

const hear = (message: DownMessage): readonly SessionEffect[] => step({ type: "message", message });

const welcome = (change: Partial<Welcome> = {}): Welcome =>
  welcomeWith({
    limits: { ...testLimits, pushCommitsMax: 2 },
    clockMs: nowMs,
    helloClockMs: nowMs,
    ...change,
  });

/** The names of the commits that effects push. */
const pushed = (effects: readonly SessionEffect[]): readonly string[] =>
  effects.flatMap((effect) =>
    effect.type === "send"
      ? effect.messages.flatMap((message) =>
          message.type === "push" ? message.commits.map(({ name }) => nameKey(name)) : [],
        )
      : [],
  );

const goLive = (change: Partial<Welcome> = {}): readonly SessionEffect[] => {
  step({ type: "start" });
  step({ type: "opened" });
  hear(welcome(change));
  return step({ type: "adopted", outcome: "taken" });
};

const ruled = (...names: readonly CommitName[]): DownMessage => ({
  type: "ruled",
  results: names.map((name, index) => replica.result(name, 100 + index)),
});

const waitMs = (): number => (session.wakeAtMs ?? Number.NaN) - nowMs;

describe("a session begins", () => {
  test("with a hello of the cursor received, and goes live once its welcome is in the log", () => {
    replica.receive({ to: 4 });
    expect(step({ type: "start" })).toEqual([{ type: "open" }]);
    expect(step({ type: "opened" })).toMatchObject([
      { type: "send", messages: [{ type: "hello", epoch: "e1", cursor: 4, replica: "r" }] },
    ]);
    expect(hear(welcome())).toMatchObject([
      { type: "adopt", hello: { cursor: 4 }, welcome: { epoch: "e1" } },
    ]);
    expect(session.phase).toBe("adopting");
    step({ type: "adopted", outcome: "taken" });
    expect(session.phase).toBe("live");
  });

  test("anew at once when the replica moved on during the hello", () => {
    step({ type: "start" });
    step({ type: "opened" });
    hear(welcome());
    expect(step({ type: "adopted", outcome: "moved" })).toEqual([{ type: "close" }]);
    expect([session.phase, waitMs(), session.attempts]).toEqual(["waiting", 0, 1]);
  });

  test("after a pause when the replica moves on during one hello after another", () => {
    step({ type: "start" });
    for (let count = 0; count < 4; count++) {
      expect(waitMs() > 0).toBe(count === 0);
      step({ type: "timer" });
      step({ type: "opened" });
      hear(welcome());
      step({ type: "adopted", outcome: "moved" });
    }
    expect(waitMs()).toBeGreaterThan(0);
  });

  test("anew when another tab's session was welcomed with another scope or epoch", () => {
    for (const moved of [{ scope: [key("a")] }, { epoch: "e2" }]) {
      replica = TestReplica.synced();
      session = offSession;
      goLive();
      replica.welcome({ epoch: "e1", ...moved });
      expect(step({ type: "folded" })).toEqual([{ type: "close" }]);
      expect(session.phase).toBe("waiting");
    }
  });
});

describe("commits are pushed", () => {
  let names: readonly CommitName[];

  beforeEach(() => {
    names = Array.from({ length: 5 }, (_, n) => replica.commit(set(`k${n}`, "v")).name);
  });

  test("in log order, as many as the relay takes, the next ones when those are ruled", () => {
    expect(pushed(goLive())).toEqual(["a.1", "a.2"]);
    expect(pushed(step({ type: "folded" }))).toEqual([]);
    expect(pushed(hear(ruled(names[0] as CommitName)))).toEqual(["a.3"]);
    expect(pushed(hear(ruled(names[1] as CommitName, names[2] as CommitName)))).toEqual(["a.4", "a.5"]);
  });

  test("again on another connection, until a patch has ruled on them", () => {
    goLive();
    step({ type: "closed", permanent: false, reason: "gone" });
    replica.receive({ to: 1, results: [replica.result(names[0] as CommitName, 1)] });
    nowMs += 60_000;
    step({ type: "timer" });
    step({ type: "opened" });
    hear(welcome());
    expect(pushed(step({ type: "adopted", outcome: "taken" }))).toEqual(["a.2", "a.3"]);
  });

  test("alone when larger than all that may be under way", () => {
    expect(pushed(goLive({ limits: { ...testLimits, pushBytesMax: 1 } }))).toEqual(["a.1"]);
  });

  test("not while what is confirmed waits to be replaced, nor in another epoch than the session's", () => {
    replica.receive({ to: 3 });
    replica.welcome({ epoch: "e2", valid: false });
    expect(pushed(goLive({ epoch: "e2" }))).toEqual([]);
    replica.refill({ to: 1 });
    expect(pushed(step({ type: "filled", id: 1, ok: true }))).toEqual(["a.1", "a.2"]);
    replica.welcome({ epoch: "e3" });
    expect(pushed(hear(ruled(names[0] as CommitName)))).toEqual([]);
  });
});

describe("rulings", () => {
  test("that no patch brought are settled when the cursor reaches them, and forgotten when one did", () => {
    const first = replica.commit(set("a", "1"));
    const second = replica.commit(set("b", "2"));
    goLive();
    expect(hear(ruled(first.name, second.name))).toEqual([]);
    const own = [replica.result(first.name, 100)];
    replica.receive({ to: 101, results: own });
    expect(step({ type: "folded" })).toMatchObject([
      { type: "settle", settled: { epoch: "e1", results: [{ name: second.name }] } },
    ]);
    expect(step({ type: "folded" })).toEqual([]);
  });
});

describe("a lost connection", () => {
  test("is tried again with full jitter, the longer the more often it failed, 60 s at most", () => {
    step({ type: "start" });
    const waits = Array.from({ length: 10 }, () => {
      step({ type: "closed", permanent: false, reason: "refused" });
      const wait = waitMs();
      nowMs += wait;
      step({ type: "timer" });
      return wait;
    });
    expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(waits.at(-1)).toBe(60_000);
    random = 0.5;
    step({ type: "closed", permanent: false, reason: "refused" });
    expect(waitMs()).toBe(30_000);
  });

  test("is forgotten after 10 s of health", () => {
    step({ type: "start" });
    for (let failed = 0; failed < 5; failed++) {
      step({ type: "closed", permanent: false, reason: "refused" });
      step({ type: "wake" });
    }
    step({ type: "opened" });
    hear(welcome());
    step({ type: "adopted", outcome: "taken" });
    nowMs += 10_000;
    step({ type: "closed", permanent: false, reason: "gone" });
    expect(waitMs()).toBe(500);
  });

  test("is tried at once when there is reason to, and not before the relay's own hint otherwise", () => {
    step({ type: "start" });
    step({ type: "opened" });
    hear({ type: "error", code: "busy", message: "later", retryAfterMs: 5000 });
    expect(waitMs()).toBe(5000);
    expect(step({ type: "timer" })).toEqual([]);
    expect(step({ type: "wake" })).toEqual([{ type: "open" }]);
  });

  test("for good stops until the app starts it again", () => {
    step({ type: "start" });
    step({ type: "opened" });
    hear({ type: "error", code: "version", message: "too old" });
    expect([session.phase, session.error?.code]).toEqual(["stopped", "protocol"]);
    expect(step({ type: "wake" })).toEqual([]);
    step({ type: "stop" });
    expect(step({ type: "start" })).toEqual([{ type: "open" }]);
  });
});

describe("silence", () => {
  test.each(["start", "opened"] as const)("after %s is given up in 10 s", (last) => {
    step({ type: "start" });
    if (last === "opened") step({ type: "opened" });
    expect(waitMs()).toBe(10_000);
    nowMs += 10_000;
    expect(step({ type: "timer" })).toEqual([{ type: "close" }]);
    expect(session.phase).toBe("waiting");
  });

  test("of a live relay is asked about after 25 s, and ends the session 10 s later", () => {
    goLive();
    nowMs += 25_000;
    expect(step({ type: "timer" })).toEqual([{ type: "send", messages: [{ type: "ping", id: 0 }] }]);
    nowMs += 9000;
    expect(step({ type: "probe", id: 7 })).toEqual([{ type: "send", messages: [{ type: "ping", id: 7 }] }]);
    nowMs += 500;
    step({ type: "probe", id: 8 });
    expect(waitMs()).toBe(500);
    nowMs += 500;
    expect(step({ type: "timer" })).toEqual([{ type: "close" }]);
  });

  test("is over with any word of the relay", () => {
    goLive();
    nowMs += 25_000;
    step({ type: "timer" });
    nowMs += 5000;
    expect(hear({ type: "pong", id: 0, head: 3 })).toEqual([{ type: "probed", id: 0, head: 3 }]);
    expect(waitMs()).toBe(25_000);
  });
});

test("a catch-up that pauses where another tab has brought the replica already goes on at once", () => {
  goLive();
  replica.receive({ to: 7, entries: [entryOf("a", 7, "v")] });
  const part = { from: 0, to: 7, head: 9, upToDate: false, entries: [], results: [], stamp: zeroStamp };
  const effects = hear({ type: "patch", epoch: "e1", scope: wholeBucket, patch: part, paused: true });
  const pull = { type: "pull", epoch: "e1", from: 7 };
  expect(effects).toMatchObject([{ type: "receive" }, { type: "send", messages: [pull] }]);
  expect(step({ type: "folded" })).toEqual([]);
});

test("the head of a relay that was put back is the one it says, however high it was", () => {
  goLive({ head: 9 });
  step({ type: "closed", permanent: false, reason: "gone" });
  nowMs += 60_000;
  step({ type: "timer" });
  step({ type: "opened" });
  hear(welcome({ epoch: "e2", head: 4 }));
  expect(session.head).toBe(4);
});

test("a gap is pulled from the cursor received", () => {
  goLive();
  replica.receive({ to: 3, head: 9, upToDate: false });
  expect(step({ type: "gap" })).toEqual([
    { type: "send", messages: [{ type: "pull", epoch: "e1", from: 3 }] },
  ]);
});
