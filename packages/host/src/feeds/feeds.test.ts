/**
 * A feed delivers every change, each item of one state, whatever happens while it reads, and only
 * when it is asked to.
 */
import { beforeEach, describe, expect, test } from "vitest";
import {
  createVersionstamp,
  lastVersionstampOf,
  type Mutation,
  type PackedKey,
  packKey,
  prefixRange,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import { foldRow, PageIndex, Pages, ReplicaState, type RowEffect } from "@rockpool/replica";
import { feedLimits } from "./feed-source.ts";
import { Feeds } from "./feeds.ts";
import type { ChangesRequest, FeedItem } from "./feed-api.ts";
import type { HostEvent } from "../host-api.ts";

const key = (name: string | number): PackedKey => packKey(["feed", name]);

const changes = (options: Partial<ChangesRequest> = {}): ChangesRequest => ({
  type: "changes",
  selection: { type: "range", range: prefixRange(["feed"]) },
  since: undefined,
  include: "latest",
  values: true,
  deletes: true,
  pending: false,
  ...options,
});

/** Stands for a ledger whose reads a test holds up. */
class HeldLedger {
  readonly state: ReplicaState = new ReplicaState(undefined);
  readonly pages: Pages = new Pages(new PageIndex(0, []));
  gate: Promise<void> | undefined;
  reads = 0;

  async read<T>(_strong: boolean, compute: (state: ReplicaState, pages: Pages) => T): Promise<T> {
    this.reads++;
    if (this.gate !== undefined) await this.gate;
    return compute(this.state, this.pages);
  }

  async catchUp(): Promise<void> {}

  /** Folds a commit that sets keys, or deletes them. */
  set(names: readonly (string | number)[], isDeleted = false): RowEffect {
    const value = isDeleted ? {} : { value: { encoding: "json", data: "1" } as const };
    const effects = names.map((name) => ({ key: key(name), ...value }));
    const mutations: readonly Mutation[] = [];
    const commit = { name: { host: "a", n: 1 }, tag: "t", readingMs: 0, checks: [], mutations, effects };
    return foldRow(this.state, { type: "commit", commits: [commit], position: this.state.tail + 1 });
  }
}

let ledger: HeldLedger;
let feeds: Feeds;
let items: FeedItem[];
/** Whether the tab asks for the next item as soon as it has one. */
let isEager: boolean;

beforeEach(() => {
  ledger = new HeldLedger();
  items = [];
  isEager = true;
  const emit = (event: HostEvent): void => {
    if (event.type !== "feed") throw new Error(`the feed came to ${event.type}`);
    items.push(event.item);
    if (isEager) feeds.pull(event.id);
  };
  feeds = new Feeds({
    log: { pagesChangedSince: async () => [] },
    ledger,
    readClock: () => 0,
    isUpToDate: () => false,
    emit,
    limits: feedLimits,
  });
});

const open = (request: Parameters<Feeds["open"]>[1] = changes()): void => {
  feeds.open(1, request);
  feeds.pull(1);
};

const commit = (...names: readonly (string | number)[]): void =>
  feeds.onRow(ledger.set(names), ledger.state.tail);

const remove = (...names: readonly string[]): void => feeds.onRow(ledger.set(names, true), ledger.state.tail);

/** Each item as text: an update by its keys, those without a value marked. */
const told = (): readonly string[] => items.map(textOf);

const textOf = (item: FeedItem): string => {
  if (item.type !== "update") return item.type;
  const names = item.entries.map(({ key: packed, versionstamp }) => {
    const name = packed.slice(packKey(["feed"]).length + 1, -1);
    return versionstamp === null ? `-${name}` : name;
  });
  return names.join(" ") + (item.more === true ? " …" : "");
};

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const microtasks = async (count: number): Promise<void> => {
  for (let passed = 0; passed < count; passed++) await Promise.resolve();
};

/** Holds up reads until it is called. */
const holdReads = (): (() => void) => {
  const gate = Promise.withResolvers<void>();
  ledger.gate = gate.promise;
  return () => {
    ledger.gate = undefined;
    gate.resolve();
  };
};

const names = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

describe("a feed of changes", () => {
  test("begins with what stands, then tells of each change", async () => {
    ledger.set(["before"]);
    open();
    await turn();
    commit("after");
    await turn();
    remove("before");
    await turn();
    expect(told()).toEqual(["before", "ready", "after", "-before"]);
    expect(items.map(({ versionstamp }) => versionstamp)).toEqual([1, 1, 2, 3].map(lastVersionstampOf));
  });

  test.each(Array.from({ length: 12 }, (_, count) => count))(
    "loses no row that comes %i microtasks after another",
    async (count) => {
      open();
      await turn();
      commit("first");
      await microtasks(count);
      commit("second");
      await turn();
      expect(told().join(" ")).toContain("second");
    },
  );

  test("loses no row that comes after it looked and before it told of it", async () => {
    open();
    await turn();
    commit("first");
    commit("second");
    await turn();
    expect(told()).toEqual(["ready", "first", "second"]);
  });

  test("gathers what changes while it reads into one item of one state", async () => {
    open();
    await turn();
    const goOn = holdReads();
    commit("a");
    commit("b");
    goOn();
    await turn();
    expect(told()).toEqual(["ready", "a b"]);
    expect(items[1]?.versionstamp).toBe(createVersionstamp(2, 0xffff));
  });

  test("gives what stands in parts of 1,000 entries, and again what changed before it was ready", async () => {
    ledger.set(names(0, feedLimits.part.entries * 2 + 1));
    isEager = false;
    open();
    await turn();
    commit(5);
    for (let pulls = 0; pulls < 3; pulls++) {
      feeds.pull(1);
      await turn();
    }
    const sizes = items.map((item) => (item.type === "update" ? item.entries.length : item.type));
    expect(sizes).toEqual([feedLimits.part.entries, feedLimits.part.entries, 2, "ready"]);
    expect(items.map((item) => item.type === "update" && item.more)).toEqual([true, true, undefined, false]);
    // Until all was given a reader that resumes begins anew.
    expect(items.map(({ versionstamp }) => versionstamp)).toEqual([
      zeroVersionstamp,
      zeroVersionstamp,
      lastVersionstampOf(2),
      lastVersionstampOf(2),
    ]);
  });

  test("cuts large entries into parts by their bytes", async () => {
    const value = { encoding: "json", data: JSON.stringify("x".repeat(600_000)) } as const;
    for (const name of ["a", "b", "c"]) {
      const effects = [{ key: key(name), value }];
      const one = { name: { host: "a", n: 1 }, tag: "t", readingMs: 0, checks: [], mutations: [], effects };
      foldRow(ledger.state, { type: "commit", commits: [one], position: ledger.state.tail + 1 });
    }
    open();
    await turn();
    expect(told()).toEqual(["a b …", "c", "ready"]);
  });

  test("tells of a row it was about to read when rows after it were lost to a checkpoint", async () => {
    open();
    await turn();
    const goOn = holdReads();
    commit("known");
    ledger.set(["missed"]);
    feeds.onGap();
    goOn();
    await turn();
    expect(told()).toEqual(["ready", "known missed"]);
  });

  test("is silent once it was closed", async () => {
    open();
    await turn();
    feeds.close(1);
    commit("late");
    await turn();
    expect(told()).toEqual(["ready"]);
  });
});

describe("a reader that does not ask", () => {
  beforeEach(async () => {
    isEager = false;
    ledger.set(["gone"]);
    open();
    await turn();
    feeds.pull(1);
    await turn();
    items = [];
  });

  test("is sent nothing, and then each key once as it is", async () => {
    commit("a");
    commit("a", "b");
    remove("b");
    const { reads } = ledger;
    expect(reads).toBeGreaterThan(0);
    await turn();
    expect(ledger.reads).toBe(reads);
    feeds.pull(1);
    await turn();
    expect(told()).toEqual(["a -b"]);
  });

  test("gets up to 10,000 changed keys in one item", async () => {
    commit(...names(0, feedLimits.keys));
    feeds.pull(1);
    await turn();
    expect(items[0]).not.toHaveProperty("more");
    expect(items[0]).toHaveProperty("entries.length", feedLimits.keys);
  });

  test("gets more than that in parts, deletions included, and is told when they are one state", async () => {
    commit(...names(0, feedLimits.keys));
    remove("gone");
    isEager = true;
    feeds.pull(1);
    await turn();
    const updates = items.filter((item) => item.type === "update");
    expect(updates).toHaveLength(11);
    expect(updates.map(({ more }) => more)).toEqual([...Array.from({ length: 10 }, () => true), undefined]);
    expect(updates.flatMap(({ entries }) => entries)).toHaveLength(feedLimits.keys + 1);
    expect(told().join(" ")).toContain("-gone");
    expect(told().at(-1)).toBe("ready");
    // A part is no place to resume from but where the feed stood before.
    expect(updates.map(({ versionstamp }) => versionstamp)).toEqual([
      ...Array.from({ length: 10 }, () => lastVersionstampOf(1)),
      lastVersionstampOf(3),
    ]);
  });

  test("loses nothing when it is overrun again while it reads on", async () => {
    commit(...names(0, feedLimits.keys + 1));
    feeds.pull(1);
    await turn();
    commit(...names(feedLimits.keys + 1, feedLimits.keys + 1));
    isEager = true;
    feeds.pull(1);
    await turn();
    const given = new Set(
      items.flatMap((item) => (item.type === "update" ? item.entries.map((entry) => entry.key) : [])),
    );
    expect(given.size).toBe(2 * feedLimits.keys + 2);
    expect(told().filter((text) => text === "ready")).toHaveLength(1);
    expect(told().at(-1)).toBe("ready");
    expect(items.at(-1)?.versionstamp).toBe(lastVersionstampOf(3));
  });
});

const resume = async (since: Versionstamp, options: Partial<ChangesRequest> = {}): Promise<void> => {
  open(changes({ since, ...options }));
  await turn();
};

test("a history begins anew when a deletion that it was not told of is forgotten", async () => {
  ledger.set(["a", "b"]);
  isEager = false;
  open(changes({ include: "history" }));
  await turn();
  remove("a");
  ledger.state.forgotten = createVersionstamp(2);
  ledger.state.overlay.delete(key("a"));
  isEager = true;
  feeds.pull(1);
  await turn();
  expect(told()).toEqual(["versions", "ready", "reset", "versions", "ready"]);
  commit("b");
  await turn();
  expect(told().slice(5)).toEqual(["versions"]);
});

describe("a feed that resumes", () => {
  beforeEach(() => {
    ledger.set(["a"]);
    ledger.set(["b", "c"]);
    ledger.set(["b"], true);
  });

  test("gives what changed later, deletions too", async () => {
    await resume(lastVersionstampOf(1));
    expect(told()).toEqual(["-b c", "ready"]);
  });

  test("resumes from a commit's versionstamp", async () => {
    await resume(createVersionstamp(2));
    expect(told()).toEqual(["-b", "ready"]);
  });

  test("gives nothing when nothing changed", async () => {
    await resume(lastVersionstampOf(3));
    expect(told()).toEqual(["ready"]);
    expect(items[0]?.versionstamp).toBe(lastVersionstampOf(3));
  });

  test("begins at the beginning from zero", async () => {
    await resume(zeroVersionstamp);
    expect(told()).toEqual(["a c", "ready"]);
  });

  test.each<[string, Versionstamp, () => void]>([
    ["lies behind the log's end", createVersionstamp(4), () => {}],
    [
      "is older than a deletion that was forgotten",
      lastVersionstampOf(1),
      () => (ledger.state.forgotten = createVersionstamp(2)),
    ],
    [
      "is older than what replaced everything",
      lastVersionstampOf(1),
      () => (ledger.state.revealed = createVersionstamp(2)),
    ],
    ["is older than the bucket", lastVersionstampOf(1), () => (ledger.state.born = 2)],
  ])("is told to begin anew when its versionstamp %s", async (_, since, arrange) => {
    arrange();
    await resume(since);
    expect(told()).toEqual(["reset", "a c", "ready"]);
    expect(items[0]?.versionstamp).toBe(zeroVersionstamp);
  });

  test("is told to begin anew when a deletion is forgotten that it has not come to yet", async () => {
    ledger.set(names(0, feedLimits.part.entries + 1));
    isEager = false;
    await resume(lastVersionstampOf(1));
    ledger.state.forgotten = lastVersionstampOf(3);
    isEager = true;
    feeds.pull(1);
    await turn();
    const types = items.map((item) => (item.type === "update" && item.more === true ? "part" : item.type));
    expect(types).toEqual(["part", "reset", "part", "update", "ready"]);
  });

  test("with pending gives all that stands again, for rulings leave no versionstamp", async () => {
    await resume(lastVersionstampOf(2), { pending: true });
    expect(told()).toEqual(["a -b c", "ready"]);
  });
});

describe("what a feed includes", () => {
  test("updates begin with what changes from now on", async () => {
    ledger.set(["before"]);
    open(changes({ include: "updates" }));
    await turn();
    commit("after");
    await turn();
    expect(told()).toEqual(["ready", "after"]);
    expect(items[0]?.versionstamp).toBe(lastVersionstampOf(1));
  });

  test("without deletions an item that held nothing else is left out", async () => {
    ledger.set(["old", "gone"]);
    ledger.set(["a", "b"]);
    ledger.set(["gone"], true);
    open(changes({ deletes: false, since: lastVersionstampOf(1) }));
    await turn();
    remove("a");
    await turn();
    commit("c");
    await turn();
    expect(told()).toEqual(["a b", "ready", "c"]);
  });

  test("without values an entry has its versionstamp alone", async () => {
    ledger.set(["a"]);
    open(changes({ values: false }));
    await turn();
    expect(items[0]).toMatchObject({
      entries: [{ value: undefined, versionstamp: createVersionstamp(1) }],
    });
  });

  test("keys are followed one by one", async () => {
    ledger.set(["a", "b", "c"]);
    open(changes({ selection: { type: "keys", keys: [key("c"), key("a"), key("none"), key("a")] } }));
    await turn();
    commit("b");
    commit("none");
    await turn();
    expect(told()).toEqual(["a c", "ready", "none"]);
  });

  test("when everything is replaced it says so and gives what stands now", async () => {
    ledger.set(["a"]);
    open();
    await turn();
    const { state } = ledger;
    state.building.add(1);
    const position = state.tail + 1;
    feeds.onRow(
      foldRow(state, { type: "fill", generation: 1, stored: { entries: 0, bytes: 0 }, position }),
      position,
    );
    commit("b");
    await turn();
    expect(told()).toEqual(["a", "ready", "reset", "b", "ready"]);
  });
});

describe("a watch", () => {
  test("gives all its entries whenever one of them changed, and nothing for others", async () => {
    open({ type: "watch", keys: [key("a"), key("b")], raw: false });
    await turn();
    commit("b");
    await turn();
    commit("other");
    await turn();
    expect(told()).toEqual(["-a -b", "-a b"]);
  });

  test("gives what stands when it is asked, however much came before", async () => {
    isEager = false;
    open({ type: "watch", keys: [key("a")], raw: false });
    await turn();
    commit("a");
    remove("a");
    commit("a");
    await turn();
    feeds.pull(1);
    await turn();
    expect(told()).toEqual(["-a", "a"]);
  });

  test("looks again when rows were lost and when everything was replaced", async () => {
    open({ type: "watch", keys: [key("a")], raw: false });
    await turn();
    ledger.set(["a"]);
    feeds.onGap();
    await turn();
    const { state } = ledger;
    const position = state.tail + 1;
    feeds.onRow(
      foldRow(state, { type: "fill", generation: 1, stored: { entries: 0, bytes: 0 }, position }),
      position,
    );
    await turn();
    expect(told()).toEqual(["-a", "a", "-a"]);
  });
});
