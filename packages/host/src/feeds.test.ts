/**
 * A feed delivers every change, each item of one state, whatever happens while it reads.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { createVersionstamp, type Mutation, type PackedKey, packKey, prefixRange } from "@rockpool/model";
import { foldRow, PageIndex, Pages, ReplicaState, type RowEffect } from "@rockpool/replica";
import { type FeedItem, type FeedSelector, Feeds } from "./feeds.ts";
import type { Ledger } from "./ledger.ts";

const key = (name: string): PackedKey => packKey(["feed", name]);
const range: FeedSelector = { type: "range", range: prefixRange(["feed"]) };

/** Stands for a ledger whose reads a test holds up. */
class HeldLedger {
  readonly state: ReplicaState = new ReplicaState(undefined);
  readonly pages: Pages = new Pages(new PageIndex(0, []));
  gate: Promise<void> | undefined;

  async read<T>(_strong: boolean, compute: (state: ReplicaState, pages: Pages) => T): Promise<T> {
    if (this.gate !== undefined) await this.gate;
    return compute(this.state, this.pages);
  }

  /** Folds a commit that sets one key. */
  set(name: string): RowEffect {
    const value = { encoding: "json", data: "1" } as const;
    const effects = [{ key: key(name), value }];
    const mutations: readonly Mutation[] = [];
    const commit = { name: { host: "a", n: 1 }, tag: "t", readingMs: 0, checks: [], mutations, effects };
    return foldRow(this.state, { type: "commit", commits: [commit], position: this.state.tail + 1 });
  }
}

let ledger: HeldLedger;
let feeds: Feeds;
let items: FeedItem[];

beforeEach(() => {
  ledger = new HeldLedger();
  feeds = new Feeds(ledger as unknown as Ledger, () => 0);
  items = [];
});

const open = (selector: FeedSelector): (() => void) =>
  feeds.open({ selector, pending: false, onItem: (item) => items.push(item), onError: () => {} });

const keysSeen = (): readonly PackedKey[] =>
  items.flatMap(({ entries }) => entries.map((entry) => entry.key));

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const microtasks = async (count: number): Promise<void> => {
  for (let passed = 0; passed < count; passed++) await Promise.resolve();
};

describe("a feed of a range", () => {
  test("begins with what stands, then tells of each change", async () => {
    ledger.set("before");
    open(range);
    await turn();
    feeds.onRow(ledger.set("after"));
    await turn();
    expect(items.map(({ initial }) => initial)).toEqual([true, false]);
    expect(keysSeen()).toEqual([key("before"), key("after")]);
  });

  test.each(Array.from({ length: 12 }, (_, count) => count))(
    "loses no row that comes %i microtasks after another",
    async (count) => {
      open(range);
      await turn();
      feeds.onRow(ledger.set("first"));
      await microtasks(count);
      feeds.onRow(ledger.set("second"));
      await turn();
      expect(keysSeen()).toContain(key("second"));
    },
  );

  test("gathers what changes while it reads into one item of one state", async () => {
    open(range);
    await turn();
    const gate = Promise.withResolvers<void>();
    ledger.gate = gate.promise;
    feeds.onRow(ledger.set("a"));
    feeds.onRow(ledger.set("b"));
    gate.resolve();
    await turn();
    expect(items).toHaveLength(2);
    expect(items[1]?.versionstamp).toBe(createVersionstamp(2, 0xffff));
    expect(keysSeen()).toEqual([key("a"), key("b")]);
  });

  test("tells of a row it was about to read when rows after it were lost to a checkpoint", async () => {
    open(range);
    await turn();
    const gate = Promise.withResolvers<void>();
    ledger.gate = gate.promise;
    feeds.onRow(ledger.set("known"));
    ledger.set("missed");
    feeds.onGap(createVersionstamp(1, 0xffff));
    gate.resolve();
    await turn();
    expect(keysSeen()).toEqual([key("known"), key("missed")]);
  });

  test("is silent once it was closed", async () => {
    const close = open(range);
    await turn();
    close();
    feeds.onRow(ledger.set("late"));
    await turn();
    expect(keysSeen()).toEqual([]);
  });
});

describe("a feed of keys", () => {
  test("gives all its entries whenever one of them changed, and nothing for others", async () => {
    open({ type: "keys", keys: [key("a"), key("b")] });
    await turn();
    feeds.onRow(ledger.set("b"));
    feeds.onRow(ledger.set("other"));
    await turn();
    expect(items.map(({ entries }) => entries.map(({ view }) => view.value !== undefined))).toEqual([
      [false, false],
      [false, true],
    ]);
  });
});
