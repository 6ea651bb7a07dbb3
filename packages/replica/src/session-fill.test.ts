/**
 * Filling anew, event by event: which pages and patches are asked for, when all is shown, and what ends it.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { packKey, zeroStamp, wholeBucket } from "@rockpool/model";
import type { DownMessage, PageMessage, PatchMessage } from "@rockpool/protocol";
import { welcomeWith } from "@rockpool/protocol/hello-fixture";
import { entryOf, key, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { nextSession, offSession } from "./session.ts";
import type { Session, SessionEffect, SessionEvent } from "./session-event.ts";

const firstKey = packKey([]);

let replica: TestReplica;
let session: Session;

beforeEach(() => {
  replica = TestReplica.synced();
  replica.receive({ to: 7, entries: [entryOf("gone", 7, "v")] });
  replica.welcome({ epoch: "e2", valid: false, shared: 5 });
  session = offSession;
});

const step = (event: SessionEvent): readonly SessionEffect[] => {
  const context = {
    nowMs: testNowMs,
    random: 1,
    bucket: "b",
    givesTokens: false,
    replica: replica.state,
  };
  const next = nextSession(session, event, context);
  session = next.session;
  return next.effects;
};

const hear = (message: DownMessage): readonly SessionEffect[] => step({ type: "message", message });

const begin = (): readonly SessionEffect[] => {
  step({ type: "start" });
  step({ type: "opened" });
  hear(welcomeWith({ epoch: "e2", head: 9, clockMs: testNowMs, helloClockMs: testNowMs }));
  return step({ type: "adopted", outcome: "taken" });
};

const page = (change: Partial<PageMessage> = {}): PageMessage => ({
  type: "page",
  epoch: "e2",
  scope: wholeBucket,
  after: firstKey,
  next: null,
  head: 9,
  entries: [],
  stamp: zeroStamp,
  ...change,
});

const patch = (change: Partial<PatchMessage["patch"]>, paused?: true): PatchMessage => ({
  type: "patch",
  epoch: "e2",
  scope: wholeBucket,
  patch: { from: 5, to: 9, head: 9, upToDate: true, entries: [], results: [], stamp: zeroStamp, ...change },
  ...(paused === undefined ? {} : { paused }),
});

const asks = (effects: readonly SessionEffect[]) =>
  effects.flatMap((effect) => (effect.type === "send" ? effect.messages : []));

const stored = (): readonly SessionEffect[] => step({ type: "stored", id: 1 });

describe("a fill", () => {
  test("asks for pages by key, then for patches from what is shared, and shows all when all is stored", () => {
    expect(begin()).toEqual([
      { type: "beginFill", id: 1 },
      { type: "send", messages: [{ type: "fill", epoch: "e2", after: firstKey }] },
    ]);
    const entries = [entryOf("a", 3, "v")];
    expect(hear(page({ next: key("a"), entries }))).toEqual([
      { type: "storeFill", id: 1, part: { entries, results: [], stamp: zeroStamp } },
      { type: "send", messages: [{ type: "fill", epoch: "e2", after: key("a") }] },
    ]);
    expect(asks(hear(page({ after: key("a"), head: 12 })))).toEqual([
      { type: "pull", epoch: "e2", from: 5, filledTo: 9 },
    ]);
    expect(hear(patch({ to: 12, head: 12 }))).toMatchObject([{ type: "storeFill" }]);
    expect([stored(), stored()]).toEqual([[], []]);
    expect(stored()).toEqual([{ type: "revealFill", id: 1, to: 12 }]);
    replica.refill({ to: 12 });
    expect(asks(step({ type: "filled", id: 1, ok: true }))).toEqual([
      { type: "pull", epoch: "e2", from: 12 },
    ]);
    expect(session.phase).toBe("live");
  });

  test("has at most three parts on their way into storage", () => {
    begin();
    const [a, b, c] = [key("a"), key("b"), key("c")];
    expect(asks(hear(page({ next: a })))).toHaveLength(1);
    expect(asks(hear(page({ after: a, next: b })))).toHaveLength(1);
    expect(asks(hear(page({ after: b, next: c })))).toHaveLength(0);
    expect(asks(stored())).toEqual([{ type: "fill", epoch: "e2", after: c }]);
  });

  test("goes on with patches until they reach what any page was read at", () => {
    begin();
    hear(page({ next: key("a"), head: 9 }));
    hear(page({ after: key("a"), head: 14 }));
    for (let count = 0; count < 2; count++) stored();
    expect(asks(hear(patch({ to: 12, head: 12 })))).toEqual([
      { type: "pull", epoch: "e2", from: 12, filledTo: 9 },
    ]);
    expect(asks(hear(patch({ from: 12, to: 13, head: 20, upToDate: false }, true)))).toEqual([
      { type: "pull", epoch: "e2", from: 13, filledTo: 9 },
    ]);
    for (let count = 0; count < 2; count++) stored();
    hear(patch({ from: 13, to: 20, head: 20 }));
    expect(stored()).toEqual([{ type: "revealFill", id: 1, to: 20 }]);
  });

  test("takes only the page and the patch that it waits for", () => {
    begin();
    expect(hear(page({ epoch: "e1" }))).toEqual([]);
    expect(hear(page({ scope: [key("a")] }))).toEqual([]);
    expect(hear(page({ after: key("a") }))).toEqual([]);
    expect(hear(patch({}))).toEqual([]);
    hear(page());
    expect(hear(page())).toEqual([]);
    expect(hear(patch({ from: 4 }))).toEqual([]);
    expect(hear(patch({ from: 6, upToDate: false }))).toEqual([]);
    expect(hear({ ...patch({}), epoch: "e1" })).toEqual([]);
  });

  test("asks again when an answer of before ends and leaves a gap", () => {
    begin();
    hear(page());
    hear(patch({ to: 6, upToDate: false }));
    expect(asks(hear(patch({ from: 7 })))).toEqual([{ type: "pull", epoch: "e2", from: 6, filledTo: 9 }]);
    expect(asks(hear(patch({ from: 8, upToDate: false }, true)))).toHaveLength(1);
  });

  test("asks for no more patches than it can store", () => {
    begin();
    hear(page());
    hear(patch({ to: 6, upToDate: false }));
    hear(patch({ from: 6, to: 7, upToDate: false }));
    expect(asks(hear(patch({ from: 7, to: 8, upToDate: false }, true)))).toEqual([]);
    expect(asks(stored())).toEqual([]);
    expect(asks(stored())).toEqual([{ type: "pull", epoch: "e2", from: 8, filledTo: 9 }]);
    expect(asks(stored())).toEqual([]);
  });

  test("is given up with its connection, and begun again on the next", () => {
    begin();
    expect(step({ type: "closed", permanent: false, reason: "gone" })).toEqual([
      { type: "abortFill", id: 1 },
    ]);
    expect(stored()).toEqual([]);
    session = { ...session, phase: "off" };
    expect(begin()).toMatchObject([{ type: "beginFill", id: 2 }, { type: "send" }]);
  });

  test("that cannot be shown is tried again on another connection, after a while", () => {
    begin();
    expect(step({ type: "filled", id: 1, ok: false })).toEqual([{ type: "close" }]);
    expect(session).toMatchObject({ phase: "waiting", fill: null, attempts: 1 });
  });

  test("that fails again and again is tried ever more seldom, however long each one took", () => {
    begin();
    session = { ...session, liveSinceMs: testNowMs - 60_000, attempts: 4 };
    step({ type: "filled", id: 1, ok: false });
    expect(session.attempts).toBe(5);
  });

  test("is given up at once when the app follows other prefixes", () => {
    begin();
    replica.append({ type: "follow", followed: [key("a")] });
    expect(step({ type: "folded" })).toEqual([{ type: "abortFill", id: 1 }, { type: "close" }]);
  });
});

/** A session welcomed by a relay at `head`; its phase. */
const goLive = (head: number): Session["phase"] => {
  session = offSession;
  step({ type: "start" });
  step({ type: "opened" });
  hear(welcomeWith({ head, clockMs: testNowMs, helloClockMs: testNowMs }));
  step({ type: "adopted", outcome: "taken" });
  return session.phase;
};

/** Sets so many entries aside, of a catch-up that goes on. */
const part = (first: number, count: number): void => {
  replica.receive({
    to: first + count,
    head: 100_000,
    upToDate: false,
    entries: Array.from({ length: count }, (_, n) => entryOf(`k${first + n}`, first + n + 1, "v")),
  });
};

describe("a replica is filled anew", () => {
  beforeEach(() => {
    replica = TestReplica.synced();
  });

  test("not when patches are few, at once when there is nothing here and much there", () => {
    expect([goLive(20_000), goLive(20_001)]).toEqual(["live", "filling"]);
    replica.receive({ to: 1 });
    expect(goLive(20_002)).toBe("live");
  });

  test("when more is set aside than is to be held", () => {
    goLive(0);
    part(0, 20_000);
    step({ type: "folded" });
    expect(session.phase).toBe("live");
    part(20_000, 1);
    expect(step({ type: "folded" })).toMatchObject([{ type: "beginFill" }, { type: "send" }]);
    expect(session.fill?.received).toBe(0);
  });
});
