/**
 * What a backup holds is one state of the bucket, that of the versionstamp in its last line, however
 * much is written, checkpointed, forgotten or replaced by another host while it is read.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Effect, type Log, MemoryStorage, openMemoryLog } from "@rockpool/log";
import { lastVersionstampOf, packKey, type Value } from "@rockpool/model";
import { Backup } from "./backup.ts";
import { BackupReader } from "./backup-reader.ts";
import { Checkpointer } from "../upkeep/checkpointer.ts";
import { Filler } from "./filler.ts";
import { Ledger, type LedgerListener } from "../ledger.ts";

const limits = { rowsMax: 20, pagesMax: 6, pageEntries: 4, pageBytes: 600 };
const locks = { request: (_name: string, work: () => unknown) => work() } as unknown as LockManager;
const json = (data: unknown): Value => ({ encoding: "json", data: JSON.stringify(data) });

const environment = { now: () => 0, setTimer: () => () => {} };
const rethrow = (error: unknown): never => {
  throw error;
};

type Contents = ReadonlyMap<number, number>;

/** A host that writes, and remembers what stood after each row. */
class Writer {
  readonly #log: Log;
  readonly #ledger: Ledger;
  readonly history: { readonly position: number; readonly contents: Contents }[] = [];
  #contents = new Map<number, number>();

  constructor(log: Log, ledger: Ledger) {
    this.#log = log;
    this.#ledger = ledger;
  }

  /** Sets keys to a number, or deletes them. */
  async write(effects: readonly (readonly [n: number, value: number | null])[]): Promise<void> {
    const contents = new Map(this.#contents);
    for (const [n, value] of effects) {
      if (value === null) contents.delete(n);
      else contents.set(n, value);
    }
    const asEffects = effects.map(([n, value]): Effect => ({
      key: packKey([n]),
      ...(value === null ? {} : { value: json(value) }),
    }));
    const commit = { name: { host: "h", n: 1 }, tag: "t", readingMs: 0, checks: [], mutations: [] };
    const { position } = await this.#ledger.append(() => ({
      row: { type: "commit", commits: [{ ...commit, effects: asEffects }] },
      result: undefined,
    }));
    this.#note(position, contents);
  }

  async replace(count: number): Promise<void> {
    const filler = await Filler.begin({
      log: this.#log,
      ledger: this.#ledger,
      locks,
      database: "d",
      limits,
    });
    await filler.add(
      Array.from({ length: count }, (_, n) => ({ key: packKey([n * 2]), value: json(n + 100) })),
    );
    await filler.reveal();
    const entries = Array.from({ length: count }, (_, n): [number, number] => [n * 2, n + 100]);
    this.#note(this.#ledger.state.tail, new Map(entries));
  }

  /** Forgets that anything was deleted. */
  async forget(): Promise<void> {
    const { position } = await this.#ledger.append((state) => {
      const deleted = Array.from({ length: 40 }, (_, n) => n).filter((n) => !this.#contents.has(n));
      const forgotten = deleted.map((n) => packKey([n]));
      const forgottenUpTo = lastVersionstampOf(state.tail);
      return {
        row: { type: "expire", expired: [], forgotten, forgottenUpTo, readingMs: 0 },
        result: undefined,
      };
    });
    this.#note(position, this.#contents);
  }

  async checkpoint(): Promise<void> {
    const [log, ledger] = [this.#log, this.#ledger];
    const listener = { onFailure: rethrow, onRecovery: () => {} };
    const options = { log, ledger, environment, limits, tailEntries: 4, tailBytes: 1, ...listener };
    await new Checkpointer(options).run();
  }

  #note(position: number | undefined, contents: Map<number, number>): void {
    this.#contents = contents;
    this.history.push({ position: position ?? 0, contents });
  }
}

const openLedger = async (log: Log, listener: LedgerListener): Promise<Ledger> =>
  (await Ledger.open(log, listener, () => 1)).ledger;

type Step =
  | { readonly type: "write"; readonly effects: readonly (readonly [number, number | null])[] }
  | { readonly type: "checkpoint" | "forget" | "notice" }
  | { readonly type: "replace"; readonly count: number };

const effect = fc.tuple(fc.nat(39), fc.option(fc.nat(99)));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("write"), effects: fc.array(effect, { maxLength: 6 }) }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("checkpoint", "forget", "notice") }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("replace"), count: fc.nat(30) }) },
);

/** Reads a whole backup, with something happening between each two parts of it. */
const backUp = async (
  initial: readonly Step[],
  between: readonly (readonly Step[])[],
  pieceEntries: number,
): Promise<{ readonly read: Contents; readonly expected: Contents; readonly text: string }> => {
  const storage = new MemoryStorage();
  const listener: { to?: Backup } = {};
  const writerLog = await openMemoryLog(storage);
  const writer = new Writer(writerLog, await openLedger(writerLog, { onRow: () => {}, onGap: () => {} }));
  const ledger = await openLedger(await openMemoryLog(storage), {
    onRow: (_row, rowEffect) => listener.to?.onRow(rowEffect),
    onGap: (since) => listener.to?.onGap(since),
  });
  const run = async (steps: readonly Step[]): Promise<void> => {
    for (const one of steps) {
      if (one.type === "write") await writer.write(one.effects);
      else if (one.type === "replace") await writer.replace(one.count);
      else if (one.type === "notice") await ledger.catchUp();
      else await writer[one.type]();
    }
  };
  await run(initial);
  const backup = new Backup({ ledger, bucket: "b", readClock: () => 0, pieceEntries });
  listener.to = backup;
  const reader = new BackupReader();
  const read = new Map<number, number>();
  let text = "";
  for (let part = 0, done = false; !done; part++) {
    // Enough of it: what is written for ever is read in ever larger pieces, and the test is over sooner.
    await run(between[part] ?? []);
    const next = await backup.next();
    ({ done } = next);
    const { bytes = new Uint8Array() } = next;
    text += new TextDecoder().decode(bytes);
    for (const line of reader.read(bytes)) {
      if (line.type === "restart") read.clear();
      else {
        const [n] = readParts(line.entry.key);
        if (line.entry.value === undefined) read.delete(n);
        else read.set(n, Number(line.entry.value.data));
      }
    }
  }
  reader.end();
  const { end } = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as { end: { versionstamp: string } };
  const before = writer.history.filter(({ position }) => lastVersionstampOf(position) <= end.versionstamp);
  return { read, expected: before.at(-1)?.contents ?? new Map(), text };
};

const keyByPacked = new Map(Array.from({ length: 100 }, (_, n) => [packKey([n]), n] as const));
const readParts = (key: ReturnType<typeof packKey>): [number] => [keyByPacked.get(key) ?? -1];

const sorted = (contents: Contents): readonly (readonly [number, number])[] =>
  [...contents].toSorted(([a], [b]) => a - b);

test("a backup is the state of the versionstamp in its last line, whatever happens while it is read", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 25 }),
      fc.integer({ min: 1, max: 9 }),
      async (initial, between, pieceEntries) => {
        const { read, expected } = await backUp(initial, between, pieceEntries);
        expect(sorted(read)).toEqual(sorted(expected));
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

test("a backup misses no deletion that is forgotten while it looks for what it missed", async () => {
  const { read, expected } = await backUp(
    [{ type: "replace", count: 3 }],
    [
      [],
      [{ type: "write", effects: [[2, null]] }, { type: "checkpoint" }],
      [{ type: "forget" }, { type: "checkpoint" }],
    ],
    2,
  );
  expect(sorted(read)).toEqual(sorted(expected));
});

const all = Array.from({ length: 30 }, (_, n) => [n, n] as const);

test("a backup begins anew when everything was replaced while rows were missed", async () => {
  const { read, expected, text } = await backUp(
    [{ type: "write", effects: all }],
    [[], [], [{ type: "replace", count: 3 }, { type: "checkpoint" }]],
    5,
  );
  expect(text).toContain('{"restart":true}\n');
  expect(sorted(read)).toEqual(sorted(expected));
});

test("a backup begins anew when a deletion it missed is no longer remembered", async () => {
  const remove: Step = { type: "write", effects: [[0, null]] };
  const { read, expected, text } = await backUp(
    [{ type: "write", effects: all }, { type: "checkpoint" }],
    [[], [], [remove, { type: "forget" }, { type: "checkpoint" }]],
    5,
  );
  expect(text).toContain('{"restart":true}\n');
  expect(sorted(read)).toEqual(sorted(expected));
  expect(read.has(0)).toBe(false);
});

test("a backup finds what changed in rows that were lost to a checkpoint", async () => {
  const { read, expected, text } = await backUp(
    [{ type: "write", effects: all }, { type: "checkpoint" }],
    [
      [],
      [],
      [
        {
          type: "write",
          effects: [
            [0, null],
            [1, 100],
          ],
        },
        { type: "checkpoint" },
      ],
    ],
    5,
  );
  expect(text).not.toContain("restart");
  expect(sorted(read)).toEqual(sorted(expected));
  expect(read.get(1)).toBe(100);
});

test("a backup of a bucket that another writes to without a pause ends", async () => {
  const writes = Array.from({ length: 40 }, (): Step[] => [{ type: "write", effects: all }]);
  const { read, expected, text } = await backUp([{ type: "write", effects: all }], writes, 2);
  expect(text.split("\n").length).toBeLessThan(200);
  expect(sorted(read)).toEqual(sorted(expected));
});
