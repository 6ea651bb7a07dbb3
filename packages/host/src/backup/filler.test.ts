/**
 * What a fill writes and shows: whatever comes in, in whatever order, its pages hold the last that
 * was said of each key, cover all keys, and are counted.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as fc from "fast-check";
import { type Log, MemoryStorage, openMemoryLog } from "@rockpool/log";
import { entryBytes, type Key, KvError, packKey, updateLog, type Value } from "@rockpool/model";
import { confirmedOf, isPresent, listEntries, viewOf } from "@rockpool/replica";
import type { FillEntry } from "./fill-entry.ts";
import { Filler } from "./filler.ts";
import { buildLockName } from "../upkeep/generations.ts";
import { Ledger } from "../ledger.ts";

const limits = { rowsMax: 10, pagesMax: 4, pageEntries: 4, pageBytes: 600 };
const database = "d";

let storage: MemoryStorage;
let log: Log;
let ledger: Ledger;
let held: Set<string>;
/** Happens when a lock is asked for, before it is held. */
let beforeLock: () => Promise<void>;

const locks = {
  request: async (name: string, work: () => Promise<void>): Promise<void> => {
    await beforeLock();
    held.add(name);
    await work();
    held.delete(name);
  },
} as unknown as LockManager;

beforeEach(async () => {
  storage = new MemoryStorage();
  log = await openMemoryLog(storage);
  ({ ledger } = await Ledger.open(log, { onRow: () => {}, onGap: () => {} }, () => 1));
  held = new Set();
  beforeLock = async () => {};
});

const begin = (heldBytes?: number): Promise<Filler> =>
  Filler.begin({
    log,
    ledger,
    locks,
    database,
    limits,
    ...(heldBytes === undefined ? {} : { heldBytes }),
  });

const json = (data: unknown): Value => ({ encoding: "json", data: JSON.stringify(data) });
const entry = (key: Key, value: unknown): FillEntry => ({ key: packKey(key), value: json(value) });
const gone = (key: Key): FillEntry => ({ key: packKey(key) });

/** What a reader sees, as text by packed key. */
const shown = (): Promise<readonly (readonly [string, string])[]> =>
  ledger.read(true, (state, pages) =>
    listEntries(
      state,
      pages,
      { start: packKey([]), end: "ÿ" as never, common: packKey([]) },
      1e6,
      false,
      (view) => isPresent(view, 0),
    ).map(({ key, view }) => [key, String(view.value?.data)] as const),
  );

const set = async (key: Key, value: unknown): Promise<void> => {
  await ledger.append(() => ({
    row: {
      type: "commit",
      commits: [
        {
          name: { host: "h", n: 1 },
          tag: "t",
          readingMs: 0,
          checks: [],
          mutations: [],
          effects: [{ key: packKey(key), value: json(value) }],
        },
      ],
    },
    result: undefined,
  }));
};

test("one that cannot begin lets go of its lock", async () => {
  beforeLock = async () => storage.failNextTransaction(new KvError("lost-connection", "gone"), "commit");
  await expect(begin()).rejects.toThrow("gone");
  await vi.waitFor(() => expect(held.size).toBe(0));
});

describe("a fill", () => {
  test("shows nothing before it is revealed, and then nothing else", async () => {
    await set(["old"], 1);
    const filler = await begin(10);
    await filler.add([entry(["a"], 1), entry(["b"], 2), entry(["c"], 3)]);
    await set(["meanwhile"], 2);
    expect((await shown()).map(([key]) => key)).toEqual([packKey(["meanwhile"]), packKey(["old"])]);
    await filler.reveal();
    expect((await shown()).map(([, text]) => text)).toEqual(["1", "2", "3"]);
    await set(["after"], 4);
    expect((await shown()).map(([, text]) => text)).toEqual(["1", "4", "2", "3"]);
  });

  test("dates every entry by the row that reveals it", async () => {
    const filler = await begin();
    await filler.add([entry(["a"], 1)]);
    await filler.reveal();
    const key = packKey(["a"]);
    const view = await ledger.read(true, (state, pages) => viewOf(state, pages, key));
    expect(view.versionstamp).toBe(ledger.state.revealed);
    expect(storage.image.rows.at(-1)?.type).toBe("fill");
  });

  test("of nothing empties the bucket, and leaves a page that covers all keys", async () => {
    await set(["old"], 1);
    const filler = await begin();
    expect(await filler.reveal()).toEqual({ entries: 0, bytes: 0 });
    expect(await shown()).toEqual([]);
    expect([...storage.image.pages.values()]).toMatchObject([{ first: "", entries: [] }]);
  });

  test("holds, whatever comes in whatever order, the last that was said of each key", async () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(fc.nat(60), fc.option(fc.string({ maxLength: 300 }))) },
      { weight: 1, arbitrary: fc.constant("clear" as const) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.boolean(),
        async (steps, heldBytes, isSorted) => {
          const filler = await begin(heldBytes);
          const expected = new Map<number, string>();
          const sorted = [...steps]
            .filter((one): one is [number, string | null] => one !== "clear")
            .toSorted(([a], [b]) => a - b);
          for (const one of isSorted ? sorted : steps) {
            if (one === "clear") {
              expected.clear();
              await filler.clear();
              continue;
            }
            const [n, text] = one as [number, string | null];
            if (text === null) expected.delete(n);
            else expected.set(n, text);
            await filler.add([text === null ? gone([n]) : entry([n], text)]);
          }
          const stored = await filler.reveal();
          const entries = [...expected].toSorted(([a], [b]) => a - b);
          expect(await shown()).toEqual(entries.map(([n, text]) => [packKey([n]), JSON.stringify(text)]));
          const bytes = entries.map(([n, text]) => entryBytes({ key: packKey([n]), value: json(text) }));
          expect(stored).toEqual({ entries: expected.size, bytes: bytes.reduce((sum, one) => sum + one, 0) });
          const { generation } = ledger.state;
          const pages = [...storage.image.pages.values()].filter((page) => page.generation === generation);
          expect(pages.map(({ first }) => first)).toContain("");
          for (const page of pages) expect(page.entries.length).toBeLessThanOrEqual(limits.pageEntries * 1.5);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("holds its lock from its beginning to its end", async () => {
    const filler = await begin();
    const name = buildLockName(database, storage.image.rows.at(-1)?.position ?? 0);
    expect([...held]).toEqual([name]);
    await filler.reveal();
    expect([...held]).toEqual([]);
    await (await begin()).abort();
    expect([...held]).toEqual([]);
  });

  test("that is aborted leaves neither a page nor a claim, and what stood stands", async () => {
    await set(["old"], 1);
    const filler = await begin(10);
    await filler.add([entry(["a"], 1), entry(["b"], 2), entry(["c"], 3)]);
    await filler.abort();
    await filler.abort();
    expect(storage.image.pages.size).toBe(0);
    expect(ledger.state.building.size).toBe(0);
    expect(await shown()).toHaveLength(1);
  });

  test("that is aborted at any moment while it is being revealed is shown whole or not at all", async () => {
    const outcomes = new Set<boolean>();
    for (let ticks = 0; ticks < 120; ticks++) {
      await set(["old"], ticks);
      const filler = await begin(10);
      await filler.add([entry(["a"], 1), entry(["b"], 2), entry(["c"], 3), entry(["d"], 4), gone(["a"])]);
      // One that finds its pages deleted says so.
      const revealing = filler.reveal().catch(() => undefined);
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      await filler.abort();
      const isShown = (await revealing) !== undefined;
      expect((await shown()).map(([, value]) => value)).toEqual(isShown ? ["2", "3", "4"] : [String(ticks)]);
      outcomes.add(isShown);
      const emptied = await begin();
      await emptied.reveal();
    }
    expect(outcomes.size).toBe(2);
  });

  test("that was taken for dead says so at its end, changes nothing and leaves nothing", async () => {
    await set(["old"], 1);
    const filler = await begin(10);
    await filler.add([entry(["a"], 1), entry(["b"], 2)]);
    const generations = [...ledger.state.building];
    await ledger.append(() => ({ row: { type: "abandon", generations }, result: undefined }));
    await log.deleteGeneration(generations[0] ?? 0, 100);
    await filler.add([entry(["c"], 3), entry(["d"], 4)]);
    await expect(filler.reveal()).rejects.toMatchObject({ code: "interrupted" });
    await filler.abort();
    expect(storage.image.pages.size).toBe(0);
    expect(await shown()).toHaveLength(1);
  });

  test("that finds its own pages gone says so when it comes to correct them", async () => {
    const filler = await begin(10);
    await filler.add(Array.from({ length: 20 }, (_, n) => entry([n], n)));
    const generations = [...ledger.state.building];
    await ledger.append(() => ({ row: { type: "abandon", generations }, result: undefined }));
    await log.deleteGeneration(generations[0] ?? 0, 100);
    await expect(filler.add([gone([0])])).rejects.toMatchObject({ code: "interrupted" });
  });

  test("that is taken for dead before it holds its lock begins again", async () => {
    let abandoned: readonly number[] = [];
    beforeLock = async () => {
      beforeLock = async () => {};
      abandoned = [...ledger.state.building];
      await ledger.append(() => ({ row: { type: "abandon", generations: abandoned }, result: undefined }));
    };
    const filler = await begin();
    await filler.add([entry(["a"], 1)]);
    await filler.reveal();
    expect(await shown()).toHaveLength(1);
    expect(abandoned).toHaveLength(1);
    expect(abandoned).not.toContain(ledger.state.generation);
  });

  test("is not shown on a state that it must not be shown on, and begins on none of those", async () => {
    const filler = await begin();
    await filler.add([entry(["a"], 1)]);
    expect(await filler.reveal(() => undefined)).toBeUndefined();
    expect(await shown()).toHaveLength(0);
    await filler.abort();
    expect(storage.image.pages.size).toBe(0);
  });
});

const updates = (...texts: readonly string[]): Uint8Array =>
  updateLog(texts.map((update) => new TextEncoder().encode(update)));

const standing = () => ledger.read(true, (state, pages) => confirmedOf(state, pages, packKey(["d"])));

const part = (
  incarnation: number,
  revision: number | undefined,
  texts: readonly string[],
  appends = true,
): FillEntry => ({
  key: packKey(["d"]),
  value: { encoding: "document", incarnation, data: updates(...texts) },
  ...(revision === undefined ? {} : { revision }),
  ...(appends ? { appends } : {}),
});

/** What is shown of a document once these parts came, with what is written meanwhile. */
const filled = async (heldBytes: number, ...parts: readonly FillEntry[]) => {
  const filler = await begin(heldBytes);
  await filler.add([entry(["a"], 1)]);
  for (const one of parts) await filler.add([one, entry(["z"], 1)]);
  await filler.reveal();
  return standing();
};

describe("a document in a fill", () => {
  test.each([1, 1_000_000])("has the parts that come behind it, %i bytes held at a time", async (held) => {
    const whole = part(0, 1, ["a"], false);
    const found = await filled(held, whole, part(0, 2, ["b"]), part(0, 3, ["c"]));
    expect(found).toMatchObject({ revision: 3, value: { incarnation: 0, data: updates("a", "b", "c") } });
    expect(found).not.toHaveProperty("appends");
    const again = await filled(held, whole, part(0, 2, ["b"]), part(2, 3, ["c"]), part(2, 4, ["d"]));
    expect(again).toMatchObject({ revision: 4, value: { incarnation: 2, data: updates("c", "d") } });
    const after = await filled(held, whole, { key: packKey(["d"]), revision: 2 }, part(2, 3, ["c"]));
    expect(after).toMatchObject({ revision: 3, value: { incarnation: 2, data: updates("c") } });
    const alone = await filled(held, part(0, 3, ["c"]));
    expect(alone).toMatchObject({ revision: 3, value: { incarnation: 0, data: updates("c") } });
  });

  test("is another one in every fill that no relay gave its revision", async () => {
    const found = await filled(1_000_000, part(0, undefined, ["a"], false));
    expect(found.value).toEqual({
      encoding: "document",
      incarnation: ledger.state.generation,
      data: updates("a"),
    });
  });
});
