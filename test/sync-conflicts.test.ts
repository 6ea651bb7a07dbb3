/**
 * Buckets by revision: nobody overwrites what they have not seen, and a function of the app's decides on
 * what was refused: at once or later, in one tab, and losing nothing when it fails.
 */
import { beforeEach, expect, test } from "vitest";
import type { Conflict, ConflictAnswer, OnConflict, RejectedGroup } from "rockpool";
import type { VirtualDevice } from "./simulator/virtual-device.ts";
import { type App, AppBed, type AppOptions } from "./sync/app-bed.ts";

let bed: AppBed;
let device: VirtualDevice;
let two: App;
let asked: Conflict[];

const byRevision: AppOptions = { conflict: "revision" };

/** A device that decides by `answer`. */
const deciding = (answer: (conflict: Conflict) => ConflictAnswer): AppOptions => {
  const onConflict: OnConflict = (conflict) => {
    asked.push(conflict);
    return answer(conflict);
  };
  return { ...byRevision, onConflict };
};

beforeEach(async () => {
  bed = await AppBed.open();
  device = bed.device("one");
  asked = [];
  two = await bed.openApp("two", byRevision);
  await bed.done(two.kv.atomic().set(["k"], "at first").set(["l"], "at first").commit({ confirm: "relay" }));
});

const openOne = async (options: AppOptions): Promise<App> => {
  const one = await bed.openTab(device, options);
  await bed.quiet(one, two);
  return one;
};

/** The first device writes offline, the other one meanwhile, and they meet. */
const collide = async (one: App, write: () => Promise<unknown>, letter = "theirs"): Promise<void> => {
  bed.setOnline("one", false);
  await bed.done(write());
  await bed.done(two.kv.set(["k"], letter, { confirm: "relay" }));
  bed.setOnline("one", true);
  await meet(one);
};

const meet = async (...apps: readonly App[]): Promise<void> => {
  await bed.quiet(...apps, two);
  await bed.world.pass(2000);
  await bed.quiet(...apps, two);
};

const valueOf = async (app: App, key: string): Promise<unknown> => (await bed.done(app.kv.get([key]))).value;

test("a blind set or delete is refused where the entry had changed, and sums add up", async () => {
  const one = await openOne(byRevision);
  await collide(one, async () => {
    await one.kv.set(["k"], "mine");
    await one.kv.delete(["l"]);
    await one.kv.atomic().sum(["n"], 1n).commit();
  });
  expect([await valueOf(two, "k"), await valueOf(two, "l")]).toEqual(["theirs", null]);
  const groups = await bed.done(one.kv.sync.rejected());
  expect(groups.map(({ commits }) => commits.map(({ mutations }) => mutations[0]?.mine))).toEqual([["mine"]]);
  await bed.done(two.kv.atomic().sum(["n"], 2n).commit({ confirm: "relay" }));
  await bed.quiet(one, two);
  expect(await valueOf(one, "n")).toMatchObject({ value: 3n });
});

test("a delete by selector is checked key by key, and fits one commit", async () => {
  const one = await openOne(byRevision);
  const many = Array.from({ length: 1500 }, (_, n) => n);
  for (const from of [0, 750]) {
    const operation = one.kv.atomic();
    for (const n of many.slice(from, from + 750)) operation.set(["many", n], n);
    await bed.done(operation.commit());
  }
  await bed.quiet(one, two);
  expect(await bed.done(one.kv.delete({ prefix: ["many"] }))).toMatchObject({ ok: true, deleted: 1500 });
  await bed.quiet(one, two);
  expect(await bed.done(two.kv.count({ prefix: ["many"] }))).toBe(0);
  expect(await bed.done(one.kv.sync.rejected())).toEqual([]);
});

test("a set that waits for the relay throws conflict, and the entry is theirs", async () => {
  const one = await openOne(byRevision);
  const release = bed.relay.network.hold("one");
  await bed.done(two.kv.set(["k"], "theirs", { confirm: "relay" }));
  const mine = one.kv.set(["k"], "mine", { confirm: "relay" });
  await bed.world.pass(10);
  release();
  await expect(bed.done(mine)).rejects.toMatchObject({ code: "conflict" });
  expect(await valueOf(one, "k")).toBe("theirs");
  expect(await bed.done(one.kv.sync.rejected())).toEqual([]);
});

test.each([
  ["mine", "mine"],
  ["theirs", "theirs"],
  [{ value: ["both"] }, ["both"]],
] as const)("the answer %o leaves that", async (answer, expected) => {
  const one = await openOne(deciding(() => answer as ConflictAnswer));
  await collide(one, () => one.kv.set(["k"], "mine"));
  expect(asked).toMatchObject([{ key: ["k"], mine: "mine", theirs: { value: "theirs" } }]);
  expect([await valueOf(one, "k"), await valueOf(two, "k")]).toEqual([expected, expected]);
  expect(await bed.done(one.kv.sync.rejected())).toEqual([]);
});

test("the app is asked again when the retry meets another change", async () => {
  const one = await openOne(deciding(() => "mine"));
  const release = bed.relay.holdRulings();
  void one.kv.set(["k"], "mine");
  void two.kv.set(["k"], "theirs");
  await bed.world.pass(1000);
  release();
  await meet(one);
  await collide(one, () => one.kv.set(["k"], "mine again"));
  expect(asked.length).toBeGreaterThanOrEqual(1);
  expect([await valueOf(one, "k"), await valueOf(two, "k")]).toEqual(["mine again", "mine again"]);
});

test("what was written one on the other is decided on as one, and a delete has no value", async () => {
  const one = await openOne(deciding(({ key }) => (key[0] === "k" ? { value: "merged" } : "mine")));
  await collide(one, async () => {
    await one.kv.set(["k"], "first");
    await one.kv.atomic().set(["k"], "second").set(["m"], "beside").commit();
    await one.kv.delete(["k"]);
  });
  expect(asked.map(({ key, mine }) => [key, mine])).toEqual([[["k"], null]]);
  expect([await valueOf(two, "k"), await valueOf(two, "m")]).toEqual(["merged", "beside"]);
});

test("a commit with a key that is theirs is discarded whole, one with a key undecided is left whole", async () => {
  const answers: Record<string, ConflictAnswer> = { k: "theirs", l: "mine" };
  const one = await openOne(deciding(({ key }) => answers[String(key[0])]));
  const write = () => one.kv.atomic().set(["k"], "mine").set(["l"], "mine").set(["m"], "mine").commit();
  bed.setOnline("one", false);
  await bed.done(write());
  await bed.done(two.kv.atomic().set(["k"], "theirs").set(["l"], "theirs").commit({ confirm: "relay" }));
  bed.setOnline("one", true);
  await meet(one);
  expect([await valueOf(two, "k"), await valueOf(two, "l"), await valueOf(two, "m")]).toEqual([
    "theirs",
    "theirs",
    null,
  ]);
  expect(await bed.done(one.kv.sync.rejected())).toEqual([]);
  answers["k"] = undefined;
  await collide(one, write, "theirs again");
  expect(await bed.done(one.kv.sync.rejected())).toHaveLength(1);
});

test("a check of a key that the commit does not write is not for the function to decide on", async () => {
  const one = await openOne(deciding(() => "mine"));
  const entry = await bed.done(one.kv.get(["k"]));
  const told: RejectedGroup[] = [];
  one.kv.sync.addEventListener("rejected", ({ detail }) => told.push(...detail));
  await collide(one, () => one.kv.atomic().check(entry).set(["m"], "while k is so").commit());
  expect(asked).toEqual([]);
  expect(told).toHaveLength(1);
  expect(await bed.done(one.kv.sync.rejected())).toHaveLength(1);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("cannot merge");
    },
    /cannot merge/,
  ],
  ["answers with a promise", () => Promise.resolve("mine"), /at once: received a promise/],
  ["answers with what cannot be stored", () => ({ value: () => {} }), /could not|cannot|function/i],
])("a function that %s loses nothing, and the status says so", async (_what, onConflict, message) => {
  const one = await openOne({ ...byRevision, onConflict: onConflict as unknown as OnConflict });
  const told: RejectedGroup[] = [];
  one.kv.sync.addEventListener("rejected", ({ detail }) => told.push(...detail));
  await collide(one, () => one.kv.set(["k"], "mine"));
  expect(one.kv.sync.status.error?.message).toMatch(message);
  expect(told).toHaveLength(1);
  const [group] = await bed.done(one.kv.sync.rejected());
  expect(group?.commits[0]?.mutations[0]).toMatchObject({ mine: "mine", theirs: { value: "theirs" } });
  await bed.done(one.kv.sync.retry(group?.id ?? ""));
  await bed.quiet(one, two);
  expect(await valueOf(two, "k")).toBe("mine");
});

test("of several tabs one is asked, and once for what is left", async () => {
  const tabs = [await openOne(deciding(() => undefined)), await openOne(deciding(() => undefined))];
  const told: RejectedGroup[][] = [[], []];
  for (const [index, tab] of tabs.entries()) {
    tab.kv.sync.addEventListener("rejected", ({ detail }) => told[index]?.push(...detail));
  }
  await collide(tabs[0] as App, () => (tabs[1] as App).kv.set(["k"], "mine"));
  expect(asked).toHaveLength(1);
  expect(told.map((groups) => groups.length)).toEqual([1, 1]);
});

test("what was rejected while nobody could decide is decided on when somebody can", async () => {
  const one = await openOne(byRevision);
  await collide(one, () => one.kv.set(["k"], "mine"));
  await bed.done(Promise.resolve(one.kv[Symbol.asyncDispose]()));
  const again = await openOne(deciding(() => ({ value: "merged later" })));
  await meet(again);
  expect(asked).toHaveLength(1);
  expect(await valueOf(two, "k")).toBe("merged later");
});

test("a tab that hangs in its function holds nobody up for long", async () => {
  const hung = await openOne(deciding(() => "mine"));
  const other = await openOne(deciding(() => "mine"));
  bed.setOnline("one", false);
  await bed.done(other.kv.set(["k"], "mine"));
  await bed.done(two.kv.set(["k"], "theirs", { confirm: "relay" }));
  hung.hang();
  bed.setOnline("one", true);
  await bed.world.until(
    () => asked.length > 0,
    () => "nobody was asked",
    120_000,
  );
  await meet(other);
  expect(await valueOf(two, "k")).toBe("mine");
});

test("a tab that is frozen while it asks holds nobody up for long", async () => {
  const { locks } = device.environment(new AbortController().signal);
  const frozen = locks.request("rockpool:conflicts:db", () => new Promise<never>(() => {}));
  const one = await openOne(deciding(() => "mine"));
  await collide(one, () => one.kv.set(["k"], "mine"));
  expect(asked).toEqual([]);
  await expect(bed.done(frozen)).rejects.toThrow("stolen");
  await meet(one);
  expect(await valueOf(two, "k")).toBe("mine");
});
