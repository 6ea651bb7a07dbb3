/**
 * A Log in memory: the oracle of the tests. Many logs on one storage are the hosts of one device.
 * Where the contract leaves room it does what the log in IndexedDB does: a guess is asked for before
 * the transaction unless the last append missed rows, and one that was wrong leaves a gap in the
 * positions.
 */
import { assert, KvError } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import type {
  AppendOptions,
  Checkpoint,
  Decision,
  Log,
  LogAppend,
  LogRead,
  LogStart,
  PageRange,
} from "./log.ts";
import { pageAddress } from "./memory-storage.ts";
import type { MemoryStorage, StorageImage, StorageOutcome } from "./memory-storage.ts";
import { mustKnowFormat } from "./page.ts";
import type { Page, PageKey } from "./page.ts";
import type { PlacedRow, Row } from "./row.ts";

/** Opens a log on what `storage` holds. @throws KvError "newer-format", at `start` */
export const openMemoryLog = async (storage: MemoryStorage): Promise<Log> => new MemoryLog(storage);

class MemoryLog implements Log {
  readonly #storage: MemoryStorage;
  readonly #inFlight = new Set<Promise<unknown>>();
  #isAlone = true;
  #closed = false;

  constructor(storage: MemoryStorage) {
    this.#storage = storage;
  }

  start(): Promise<LogStart> {
    return this.#transact(({ meta, pages, pending, rows }) => {
      mustKnowFormat(meta);
      return {
        result: {
          meta,
          pageKeys: [...pages.values()].map(pageKeyOf).toSorted(comparePageKeys),
          pending: [...pending.values()].toSorted((a, b) => a.position - b.position),
          rows,
        },
      };
    });
  }

  async append(
    tail: Position,
    decide: (missed: readonly PlacedRow[]) => Decision,
    { atLeast }: AppendOptions = {},
  ): Promise<LogAppend> {
    if (this.#closed) throw closedError();
    const guess = atLeast === undefined && this.#isAlone ? cloneOf(decide([])) : undefined;
    return this.#transact<LogAppend>((stored) => {
      const missed = rowsAfter(stored, tail);
      this.#isAlone = missed.length === 0;
      const isGuessRight = guess !== undefined && missed.length === 0;
      const decision = isGuessRight ? guess : cloneOf(decide(cloneOf(missed)));
      // A row that was guessed wrong has taken a position, and leaves a gap.
      const isGap = guess?.type === "row" && !isGuessRight;
      const image = isGap ? { ...stored, nextPosition: stored.nextPosition + 1 } : stored;
      if (decision.type !== "row") {
        return { image, result: { missed, position: undefined, decision: decision.type } };
      }
      const last = missed.at(-1)?.position ?? tail;
      const position = atLeast === undefined ? image.nextPosition : Math.max(atLeast, last + 1);
      assert(position > last, `a row at ${position} would stand before the tail ${last}`);
      return {
        image: withRow(image, decision.row, position),
        result: { missed, position, decision: decision.type },
      };
    });
  }

  read(tail: Position, ranges: readonly PageRange[]): Promise<LogRead> {
    return this.#transact((image) => ({
      result: { missed: rowsAfter(image, tail), pages: ranges.map((range) => pagesIn(image, range)) },
    }));
  }

  async checkpoint(checkpoint: Checkpoint): Promise<boolean> {
    if (this.#closed) throw closedError();
    const { base, meta, putPages, deletePages, putPending, deletePending } = cloneOf(checkpoint);
    return this.#transact((image) => {
      mustKnowFormat(image.meta);
      if ((image.meta?.checkpoint ?? 0) !== base) return { result: false };
      const isRow = image.rows.some(({ position }) => position === meta.checkpoint);
      assert(
        isRow || meta.checkpoint === base,
        `the checkpoint ${meta.checkpoint} is neither a row nor the base ${base}`,
      );
      const pages = new Map(image.pages);
      for (const page of deletePages) pages.delete(pageAddress(page));
      for (const page of putPages) pages.set(pageAddress(page), page);
      const pending = new Map(image.pending);
      for (const position of deletePending) pending.delete(position);
      for (const record of putPending) pending.set(record.position, record);
      const rows = image.rows.filter((row) => row.position > meta.checkpoint);
      const written = { ...image, rows, pages, pending, meta };
      return { image: withRow(written, { type: "checkpoint" }, image.nextPosition), result: true };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#inFlight);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A transaction whose result shares no object with the storage. */
  #transact<Result>(body: (image: StorageImage) => StorageOutcome<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError());
    const call = this.#storage.transact(body).then(cloneOf);
    this.#inFlight.add(call);
    const forget = (): boolean => this.#inFlight.delete(call);
    call.then(forget, forget);
    return call;
  }
}

const closedError = (): KvError => new KvError("closed", "The log was closed.");

/** @throws KvError "unsupported" for what cannot be stored */
const cloneOf = <Value>(value: Value): Value => {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new KvError("unsupported", "A value cannot be stored; nothing was written.", { cause });
  }
};

const rowsAfter = (image: StorageImage, tail: Position): readonly PlacedRow[] =>
  image.rows.filter((row) => row.position > tail);

const withRow = (image: StorageImage, row: Row, position: Position): StorageImage => ({
  ...image,
  rows: [...image.rows, { ...row, position }],
  nextPosition: Math.max(image.nextPosition, position + 1),
});

const pagesIn = (image: StorageImage, { generation, from, to }: PageRange): readonly Page[] =>
  [...image.pages.values()]
    .filter((page) => page.generation === generation && page.first >= from && page.first <= to)
    .toSorted(comparePageKeys);

const pageKeyOf = ({ generation, first }: Page): PageKey => ({ generation, first });

/** Code units compare as IndexedDB compares strings. */
const comparePageKeys = (a: PageKey, b: PageKey): number =>
  a.generation - b.generation || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);
