/**
 * Commits that wait for the relay: what their promises come to, whatever becomes of the session, and who
 * is told of a rejection when.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { KvU64 } from "@rockpool/model";
import type { RejectedGroup } from "rockpool";
import { type App, AppBed } from "./sync/app-bed.ts";

let bed: AppBed;

beforeEach(async () => {
  bed = await AppBed.open();
});

/** What became of a promise, to ask again and again. */
const watch = (promise: Promise<unknown>): { outcome: unknown } => {
  const watched: { outcome: unknown } = { outcome: "open" };
  promise.then(
    (value) => (watched.outcome = value),
    (error: { code?: string }) => (watched.outcome = error.code ?? error),
  );
  return watched;
};

/** The groups that events told of. */
const rejectionsTold = ({ kv }: App): readonly RejectedGroup[] => {
  const groups: RejectedGroup[] = [];
  kv.sync.addEventListener("rejected", ({ detail }) => groups.push(...detail));
  return groups;
};

const openTwo = async (): Promise<readonly [App, App]> => {
  const [one, two] = [await bed.openApp("one"), await bed.openApp("two")];
  await bed.done(one.kv.set(["k"], "at first", { confirm: "relay" }));
  await bed.quiet(one, two);
  return [one, two];
};

const relay = { confirm: "relay" } as const;

/** Appends a letter to what stands under "k". */
const add = (kv: App["kv"], letter: string) =>
  kv.update<string>(["k"], ({ value }) => `${String(value)}${letter}`, relay);

/** A commit whose ruling does not come, and what it comes to. */
const strand = async (one: App): Promise<{ outcome: unknown }> => {
  const mine = watch(
    one.kv
      .atomic()
      .check({ key: ["k"], versionstamp: null })
      .set(["k"], "mine")
      .commit(relay),
  );
  await bed.world.until(
    () => one.host.state.pendingCount === 1,
    () => "not committed",
  );
  bed.setOnline("one", false);
  await bed.world.until(
    () => mine.outcome !== "open",
    () => "no answer",
    60_000,
  );
  return mine;
};

describe("with a session", () => {
  test("every kind of commit is fulfilled when the relay has accepted it, not before", async () => {
    const { kv } = await bed.openApp("one");
    const commits: (() => Promise<unknown>)[] = [
      () => kv.set(["a"], 1, relay),
      () => kv.set(["b"], 1, relay),
      () => kv.atomic().sum(["n"], 2n).min(["m"], 3n).max(["x"], 4n).commit(relay),
      () => kv.update(["a"], (entry) => Number(entry.value) + 1, relay),
      () => kv.delete(["b"], relay),
      () => kv.delete({ prefix: [] }, relay),
    ];
    for (const [index, commit] of commits.entries()) {
      const watched = watch(commit());
      await bed.world.until(
        () => watched.outcome !== "open",
        () => `commit ${index} is not answered`,
      );
      expect(bed.relay.head).toBe(index + 1);
      // A delete of one key comes to nothing.
      expect({ ok: true, ...(watched.outcome as object | undefined) }).toMatchObject({ ok: true });
      expect(kv.sync.status.pending).toBe(0);
    }
    const { entries } = await bed.relay.read();
    expect(entries.filter(({ value }) => value !== undefined)).toEqual([]);
  });

  test("a check that fails at the relay gives ok: false, and leaves nothing behind nor tells of it", async () => {
    const [one, two] = await openTwo();
    const told = rejectionsTold(one);
    const entry = await bed.done(one.kv.get(["k"]));
    const release = bed.relay.network.hold("one");
    await bed.done(two.kv.set(["k"], "theirs", relay));
    const mine = one.kv.atomic().check(entry).set(["k"], "mine").commit(relay);
    release();
    expect(await bed.done(mine)).toEqual({ ok: false });
    await bed.world.pass(1000);
    expect(await bed.done(one.kv.sync.rejected())).toEqual([]);
    expect(told).toEqual([]);
    expect((await bed.done(one.kv.get(["k"]))).value).toBe("theirs");
  });

  test("an update goes on until the relay accepts it", async () => {
    const [one, two] = await openTwo();
    await bed.done(Promise.all([add(one.kv, "a"), add(two.kv, "b"), add(one.kv, "c"), add(two.kv, "d")]));
    const { value } = await bed.done(one.kv.get<string>(["k"]));
    expect(Array.from(String(value)).slice("at first".length).toSorted()).toEqual(["a", "b", "c", "d"]);
  });

  test("a rejected commit on which others build is kept with them", async () => {
    const [one, two] = await openTwo();
    const told = rejectionsTold(one);
    const entry = await bed.done(one.kv.get(["k"]));
    const release = bed.relay.network.hold("one");
    await bed.done(two.kv.set(["k"], "theirs", relay));
    const first = one.kv.atomic().check(entry).set(["k"], "mine").commit(relay);
    const seen = await bed.done(one.kv.get(["k"]));
    expect(seen.value).toBe("mine");
    await bed.done(one.kv.atomic().check(seen).set(["k"], "mine again").commit());
    release();
    expect(await bed.done(first)).toEqual({ ok: false });
    await bed.quiet(one, two);
    await bed.world.pass(1000);
    const groups = await bed.done(one.kv.sync.rejected());
    expect(groups.map(({ commits }) => commits.length)).toEqual([2]);
    expect(told.at(-1)?.commits).toHaveLength(2);
  });

  test("any other rejection throws, names the reason and writes nothing", async () => {
    const [one, two] = await openTwo();
    const release = bed.relay.network.hold("one");
    await bed.done(two.kv.set(["n"], "no number", relay));
    const mine = watch(one.kv.atomic().sum(["n"], 1n).commit(relay));
    await bed.world.pass(100);
    release();
    await bed.world.until(
      () => mine.outcome !== "open",
      () => "no answer",
    );
    expect(mine.outcome).toBe("rejected");
    expect(await bed.done(one.kv.sync.rejected())).toEqual([]);
    expect((await bed.done(one.kv.get(["n"]))).value).toBe("no number");
  });

  test("a tab that carries no session, or has no relay of its own, waits like the one that does", async () => {
    const device = bed.device("one");
    const first = await bed.openTab(device);
    await bed.live(first);
    for (const hasRelay of [true, false]) {
      const other = await bed.openTab(device, { hasRelay });
      await bed.live(other);
      expect(await bed.done(other.kv.set(["k", hasRelay], 1, relay))).toMatchObject({ ok: true });
    }
    expect(bed.relay.head).toBe(2);
  });
});

describe("without a session", () => {
  test("nothing is written, and the error is offline", async () => {
    const [one] = await openTwo();
    bed.setOnline("one", false);
    await bed.world.until(
      () => one.kv.sync.status.state === "offline",
      () => "still thought to be online",
    );
    const commits: readonly (() => Promise<unknown>)[] = [
      () => one.kv.set(["k"], "mine", relay),
      () => one.kv.delete(["k"], relay),
      () => one.kv.delete({ prefix: [] }, relay),
      () => one.kv.atomic().set(["k"], 1).commit(relay),
    ];
    for (const commit of commits) {
      await expect(bed.done(commit())).rejects.toMatchObject({ code: "offline" });
    }
    expect(one.host.state.pendingCount).toBe(0);
    expect((await bed.done(one.kv.get(["k"]))).value).toBe("at first");
    expect(await bed.done(one.kv.set(["k"], "later"))).toMatchObject({ ok: true });
  });

  test("one that is being made is waited for, which holds up nothing else", async () => {
    const one = await bed.openTab(bed.device("one"));
    const awaited = watch(one.kv.set(["k"], "awaited", relay));
    expect(await bed.done(one.kv.set(["other"], 1))).toMatchObject({ ok: true });
    expect([awaited.outcome, bed.relay.head]).toEqual(["open", 0]);
    await bed.quiet(one);
    await bed.world.until(
      () => awaited.outcome !== "open",
      () => "no answer",
    );
    expect(awaited.outcome).toMatchObject({ ok: true });
    expect((await bed.done(one.kv.get(["k"]))).value).toBe("awaited");
  });

  test("one that is being made holds up no answer to what was asked in the same turn", async () => {
    const one = await bed.openTab(bed.device("one"));
    const asked = [
      one.kv.get(["k"]),
      one.kv.set(["k"], "awaited", relay),
      one.kv.set(["other"], 1),
      one.kv.get(["k"]),
    ];
    const [before, awaited, other, after] = asked.map(watch);
    await bed.done(asked[3] as Promise<unknown>);
    expect([before, other, after].map((one) => one?.outcome)).toMatchObject([
      { value: null },
      { ok: true },
      { value: null },
    ]);
    expect([awaited?.outcome, one.kv.sync.status.state]).toEqual(["open", "connecting"]);
  });

  test("one that is being made may bring another value: who checks by revision is told of it", async () => {
    const two = await bed.openApp("two");
    const device = bed.device("one");
    const before = await bed.openTab(device, { conflict: "revision" });
    await bed.live(before);
    await bed.done(before.kv.set(["k"], "seen", relay));
    await bed.done(Promise.resolve(before.kv[Symbol.asyncDispose]()));
    await bed.quiet(two);
    await bed.done(two.kv.set(["k"], "theirs", relay));
    const one = await bed.openTab(device, { conflict: "revision" });
    await expect(bed.done(one.kv.set(["k"], "over what was seen", relay))).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await bed.done(one.kv.get(["k"]))).value).toBe("theirs");
  });

  test("one that is being made is waited for no longer than until the bucket is closed", async () => {
    const { host } = await bed.openTab(bed.device("one"));
    const commit = { type: "commit", checks: [], mutations: [], confirm: "relay" } as const;
    const answers = watch(host.batch([commit]));
    void host.close();
    await bed.world.pass(1);
    expect(answers.outcome).toMatchObject([{ type: "error", error: { code: "closed" } }]);
  });

  test("one that cannot be made is not waited for longer than it takes to know", async () => {
    bed.setOnline("one", false);
    const one = await bed.openTab(bed.device("one"));
    await expect(bed.done(one.kv.set(["k"], 1, relay))).rejects.toMatchObject({ code: "offline" });
    expect((await bed.done(one.kv.get(["k"]))).value).toBeNull();
  });

  test("while syncing is paused, and in a bucket that has no relay, the error is offline", async () => {
    const [one] = await openTwo();
    await bed.done(one.kv.sync.pause());
    await expect(bed.done(one.kv.set(["k"], 1, relay))).rejects.toMatchObject({ code: "offline" });
    const alone = await bed.openTab(bed.device("alone"), { hasRelay: false });
    await expect(bed.done(alone.kv.set(["k"], 1, relay))).rejects.toThrow(/open it with the option relay/);
  });
});

describe("when the session is lost meanwhile", () => {
  test("the outcome is unknown, the commit goes on waiting, and its rejection is an event", async () => {
    const [one, two] = [await bed.openApp("one"), await bed.openApp("two")];
    const told = rejectionsTold(one);
    const release = bed.relay.network.hold("one");
    await bed.done(two.kv.set(["k"], "theirs", relay));
    const mine = await strand(one);
    expect(mine.outcome).toBe("outcome-unknown");
    expect(one.kv.sync.status.pending).toBe(1);
    release();
    bed.setOnline("one", true);
    await bed.quiet(one, two);
    await bed.world.pass(1000);
    expect(told.map(({ commits }) => commits[0]?.reason.type)).toEqual(["check"]);
    expect(await bed.done(one.kv.sync.rejected())).toHaveLength(1);
  });

  test("a caller that gives up is told of a rejection by the event", async () => {
    const [one, two] = [await bed.openApp("one"), await bed.openApp("two")];
    const told = rejectionsTold(one);
    const giving = new AbortController();
    const release = bed.relay.network.hold("one");
    await bed.done(two.kv.set(["k"], "theirs", relay));
    const mine = one.kv
      .atomic()
      .check({ key: ["k"], versionstamp: null })
      .set(["k"], "mine")
      .commit({ ...relay, signal: giving.signal });
    giving.abort(new Error("enough"));
    await expect(bed.done(mine)).rejects.toThrow("enough");
    release();
    await bed.quiet(one, two);
    await bed.world.pass(1000);
    expect(told).toHaveLength(1);
  });

  test("a session that another tab takes over in time is no loss", async () => {
    const device = bed.device("one");
    const [first, second] = [await bed.openTab(device), await bed.openTab(device)];
    await bed.live(first);
    await bed.live(second);
    bed.relay.onPush = () => {
      bed.relay.onPush = null;
      first.kill();
    };
    expect(await bed.done(second.kv.set(["k"], 1, relay))).toMatchObject({ ok: true });
  });

  test("a commit whose tab is gone is told of by the others, and stays until the app decides", async () => {
    const device = bed.device("one");
    const [first, second] = [await bed.openTab(device), await bed.openTab(device)];
    await bed.live(second);
    const told = rejectionsTold(second);
    const two = await bed.openApp("two");
    const release = bed.relay.network.hold("one");
    await bed.done(two.kv.set(["k"], "theirs", relay));
    void first.kv
      .atomic()
      .check({ key: ["k"], versionstamp: null })
      .set(["k"], "mine")
      .commit(relay);
    await bed.world.until(
      () => second.host.state.pendingCount === 1,
      () => "not committed",
    );
    first.kill();
    release();
    await bed.quiet(second, two);
    await bed.world.pass(1000);
    expect(told).toHaveLength(1);
    expect(await bed.done(second.kv.sync.rejected())).toHaveLength(1);
  });

  test("a relay that lives and does not rule makes nobody wait for ever", async () => {
    const one = await bed.openApp("one");
    bed.relay.holdRulings();
    const mine = watch(one.kv.set(["k"], 1, relay));
    await bed.world.pass(60_000);
    expect(mine.outcome).toBe("outcome-unknown");
    expect(one.kv.sync.status.pending).toBe(1);
  });
});

test("a bucket may wait for the relay with every commit, and one commit may do without", async () => {
  const one = await bed.openApp("one", { confirm: "relay" });
  await bed.done(one.kv.set(["n"], new KvU64(1n)));
  expect(bed.relay.head).toBe(1);
  bed.setOnline("one", false);
  await bed.world.until(
    () => one.kv.sync.status.state === "offline",
    () => "still thought to be online",
  );
  await expect(bed.done(one.kv.set(["n"], 2))).rejects.toMatchObject({ code: "offline" });
  expect(await bed.done(one.kv.set(["n"], 2, { confirm: "local" }))).toMatchObject({ ok: true });
});
