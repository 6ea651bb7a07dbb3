/**
 * A document's feed gives all that stands once and then what is added, and all of it again whenever what it
 * gave may be too much or too little.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import {
  type AskedMutation,
  type CommitResult,
  type DocumentValue,
  type PackedKey,
  packKey,
  type Patch,
  type PatchEntry,
  updateLog,
  updatesOf,
  type Value,
  type Versionstamp,
  zeroStamp,
} from "@rockpool/model";
import { helloWith, welcomeWith } from "@rockpool/protocol/hello-fixture";
import { decidePatch, decideWelcome } from "@rockpool/replica";
import { Committer } from "../committer.ts";
import { Ledger } from "../ledger.ts";
import type { DocumentGrowth, WholeDocument } from "./feed-api.ts";
import { feedLimits } from "./feed-source.ts";
import { Feeds } from "./feeds.ts";

const key = packKey(["note"]);
const scope = ["" as PackedKey];
const nowMs = 1_700_000_000_000;

let ledger: Ledger;
let committer: Committer;
let feeds: Feeds;
let items: (WholeDocument | DocumentGrowth)[];
let isUpToDate: boolean;
/** Whether the tab asks for the next item as soon as it has one. */
let isEager: boolean;
let reads: number;
let revision: number;

beforeEach(async () => {
  items = [];
  [isUpToDate, isEager, reads, revision] = [false, true, 0, 0];
  const log = await openMemoryLog(new MemoryStorage());
  const opened = await Ledger.open(
    log,
    { onRow: (row, effect) => feeds.onRow(effect, row.position), onGap: () => feeds.onGap() },
    () => nowMs,
  );
  ({ ledger } = opened);
  committer = new Committer({
    ledger,
    host: "a",
    drawId: () => "tag",
    readClock: () => nowMs,
    room: () => {
      throw new Error("the log of a test is never full");
    },
  });
  const counted = {
    get state() {
      return ledger.state;
    },
    read: ((strong, compute) => {
      reads++;
      return ledger.read(strong, compute);
    }) as Ledger["read"],
    catchUp: () => ledger.catchUp(),
  };
  feeds = new Feeds({
    log,
    ledger: counted,
    readClock: () => nowMs,
    isUpToDate: () => isUpToDate,
    emit: (event) => {
      if (event.type !== "feed" || event.item.type !== "document") {
        throw new Error(`it came to ${event.type}`);
      }
      items.push(event.item);
      if (isEager) feeds.pull(event.id);
    },
    limits: { ...feedLimits, documentBytes: 2000 },
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const open = async (): Promise<void> => {
  feeds.open(1, { type: "document", key });
  feeds.pull(1);
  await turn();
};

const commit = async (...mutations: readonly AskedMutation[]): Promise<Versionstamp> => {
  const committed = await committer.commit({ checks: [], mutations }, false);
  await turn();
  if (committed === null) throw new Error("a check failed where there is none");
  return committed;
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (log: Uint8Array): string =>
  updatesOf(log)
    .map((one) => new TextDecoder().decode(one))
    .join(" ");
const merge = (text: string): AskedMutation => ({ type: "merge", key, update: bytes(text) });
const document = (incarnation: number, ...texts: readonly string[]): DocumentValue => ({
  encoding: "document",
  incarnation,
  data: updateLog(texts.map(bytes)),
});
const json: Value = { encoding: "json", data: "1" };

/** Each item in short: what is whole in braces, confirmed before the bar and pending behind it. */
const told = (): readonly string[] =>
  items.map((item) => {
    // Without a relay it is one of this device's own.
    const incarnation = (item.incarnation ?? 0) > nowMs ? "own" : item.incarnation;
    const level = `${incarnation}${item.isSettled ? " settled" : ""}${item.isSynced ? " synced" : ""}`;
    if (!item.whole) return `+${textOf(item.updates)} @${level}`;
    const content =
      item.stands === "document" ? `${textOf(item.confirmed)}|${textOf(item.pending)}` : item.stands;
    return `{${content}} @${level}`;
  });

const attach = async (): Promise<void> => {
  await ledger.append(() => ({ row: { type: "attach", replica: "r" }, result: undefined }));
  await ledger.append((state) => {
    const decision = decideWelcome(state, helloWith({ epoch: null }), welcomeWith({}), nowMs);
    return { row: decision.type === "row" ? decision.row : undefined, result: undefined };
  });
};

/** What the relay sends of one turn: an entry of the document, rulings on the n-th commits of this host. */
const receive = async (
  entry: Omit<PatchEntry, "key" | "revision"> | undefined,
  ruled: readonly { readonly n: number; readonly isAccepted: boolean }[] = [],
): Promise<void> => {
  const from = revision++;
  const results = ruled.map(({ n, isAccepted }): CommitResult => {
    const ruling = isAccepted
      ? ({ type: "accepted", superseded: [] } as const)
      : ({ type: "rejected", reason: { type: "missing", mutation: 0 } } as const);
    return { name: { host: "a", n }, tag: "tag", revision, stamp: zeroStamp, ruling };
  });
  const entries = entry === undefined ? [] : [{ ...entry, key, revision }];
  const patch: Patch = {
    from,
    to: revision,
    head: revision,
    upToDate: true,
    entries,
    results,
    stamp: zeroStamp,
  };
  const received = { epoch: "e1", scope, subject: null, patch };
  const { result } = await ledger.append((state, pages) => {
    const decision = decidePatch(state, pages, received, nowMs);
    return { row: decision.type === "row" ? decision.row : undefined, result: decision.type };
  });
  expect(result).toBe("row");
  await turn();
};

describe("a document's feed", () => {
  test("begins with what stands, what is confirmed and what waits for the relay apart", async () => {
    await attach();
    await receive({ value: document(0, "theirs", "more") });
    await commit(merge("mine"));
    await open();
    expect(told()).toEqual(["{theirs more|mine} @0"]);
    expect(items[0]).toMatchObject({ whole: true, revision: 1 });
  });

  test("begins with nothing where nothing is, and goes on with what is made there", async () => {
    await open();
    const committed = await commit(merge("first"));
    expect(told()).toEqual(["{nothing} @null settled", "{first|} @own settled"]);
    expect((items[1]?.versionstamp ?? "") >= committed).toBe(true);
  });

  test("tells of a keystroke by its update alone, and reads nothing for it", async () => {
    const page = "x".repeat(1000);
    for (let pages = 0; pages < 20; pages++) await commit(merge(page));
    await open();
    const readsBefore = reads;
    for (const letter of "abc") await commit(merge(letter));
    expect(told().slice(1)).toEqual(["a", "b", "c"].map((letter) => `+${letter} @own settled`));
    expect(reads).toBe(readsBefore);
  });

  test("sends nothing unasked, and then in one item what came meanwhile", async () => {
    isEager = false;
    await commit(merge("first"));
    await open();
    for (const letter of "abc") await commit(merge(letter));
    expect(items).toHaveLength(1);
    feeds.pull(1);
    await turn();
    expect(told()).toEqual(["{first|} @own settled", "+a b c @own settled"]);
  });

  test("gives all of it again, once, to a reader for whom too much waits", async () => {
    isEager = false;
    await commit(merge("first"));
    await open();
    for (let count = 0; count < 30; count++) await commit(merge("x".repeat(100)));
    feeds.pull(1);
    await turn();
    feeds.pull(1);
    await commit(merge("next"));
    expect(items.map(({ whole }) => whole)).toEqual([true, true, false]);
    expect(told()[2]).toContain("+next");
  });

  test("tells of others' updates as they come, and of the ruling on its own", async () => {
    await attach();
    await receive({ value: document(0, "theirs") });
    await open();
    await commit(merge("mine"));
    await receive({ value: document(0, "more"), appends: true });
    await receive({ value: document(0, "mine"), appends: true }, [{ n: 1, isAccepted: true }]);
    expect(told()).toEqual([
      "{theirs|} @0 settled",
      "+mine @0",
      "+more @0",
      expect.stringMatching(/^\+(mine)? @0 settled$/),
    ]);
  });

  test("goes on with the same document when the relay gives it its number", async () => {
    await attach();
    await open();
    await commit(merge("mine"));
    await receive({ value: document(0, "theirs"), appends: true });
    await receive({ value: document(0, "mine"), appends: true }, [{ n: 1, isAccepted: true }]);
    expect(told().slice(0, 3)).toEqual(["{nothing} @null settled", "+mine @null", "+theirs @0"]);
    expect(told().slice(3)).toEqual([expect.stringMatching(/^\+(mine)? @0 settled$/)]);
  });

  test("gives all that is left when a merge of it was refused", async () => {
    await attach();
    await receive({ value: document(0, "theirs") });
    await open();
    await commit(merge("mine"));
    await receive(undefined, [{ n: 1, isAccepted: false }]);
    expect(told()).toEqual(["{theirs|} @0 settled", "+mine @0", "{theirs|} @0 settled"]);
  });

  test("gives all of it anew when it is deleted, made again, or something else is put in its place", async () => {
    await commit(merge("old"));
    await open();
    await commit({ type: "delete", key });
    await commit(merge("new"));
    await commit({ type: "set", key, value: json });
    expect(told()).toEqual([
      "{old|} @own settled",
      "{nothing} @null settled",
      "{new|} @own settled",
      "{other} @null settled",
    ]);
  });

  test("gives the relay's other document anew, and what is written into it", async () => {
    await attach();
    await receive({ value: document(0, "old") });
    await open();
    await receive({ value: document(2, "new"), appends: true });
    await receive({ value: document(2, "more"), appends: true });
    expect(told()).toEqual(["{old|} @0 settled", "{new|} @2 settled", "+more @2 settled"]);
  });

  test("gives all of a document that the relay has in the place of something else", async () => {
    await attach();
    await receive({ value: json });
    await open();
    await receive({ value: document(2, "new"), appends: true });
    expect(told()).toEqual(["{other} @null settled", "{new|} @2 settled"]);
  });

  test("gives what waited out of sight as well, once the document that it is for stands again", async () => {
    await attach();
    await receive({ value: document(0, "old") });
    await commit(merge("mine"));
    // As after a relay was put back: what was written to the document is not ruled on, and it is gone.
    await receive({});
    await open();
    await receive({ value: document(0, "again"), appends: true });
    await receive({ value: document(0, "more"), appends: true });
    expect(told()).toEqual(["{nothing} @null", "{again|mine} @0", "+more @0"]);
  });

  test("gives what waited out of sight behind what was begun anew meanwhile, once both are one document", async () => {
    await attach();
    await receive({ value: document(0, "old") });
    await commit(merge("mine"));
    await receive({});
    await commit(merge("anew"));
    await open();
    await receive({ value: document(0, "again"), appends: true });
    expect(told()).toEqual(["{|anew} @null", "{again|mine anew} @0"]);
  });

  test("gives all of it again when rows were missed or everything was replaced", async () => {
    await commit(merge("a"));
    await open();
    feeds.onGap();
    await turn();
    feeds.onRow({ changed: [], settledKeys: [], ruled: [], replaced: true }, ledger.state.tail);
    await turn();
    expect(told()).toEqual(Array.from({ length: 3 }, () => `{a|} @own settled`));
  });

  test("says when it is synced, which the session decides, and when it is no more", async () => {
    await attach();
    await receive({ value: document(0, "theirs") });
    await open();
    isUpToDate = true;
    feeds.onSession();
    await turn();
    await commit(merge("mine"));
    isUpToDate = false;
    feeds.onSession();
    await turn();
    expect(told()).toEqual(["{theirs|} @0 settled", "+ @0 settled synced", "+mine @0"]);
  });

  test("tells nothing of other keys", async () => {
    await open();
    await commit({ type: "set", key: packKey(["other"]), value: json });
    expect(items).toHaveLength(1);
  });
});
