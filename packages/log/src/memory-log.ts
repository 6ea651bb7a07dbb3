/**
 * A Log in memory: the oracle of the tests. Many logs on one storage are the hosts of one device.
 * Where the contract leaves room it does what the log in IndexedDB does: a guess is asked for before
 * the transaction unless the last append missed rows, and one that was wrong leaves a gap in the
 * positions.
 */
import { assert, KvError } from "@rockpool/model";
import type { PackedKey, Position, Versionstamp } from "@rockpool/model";
import type {
  AppendOptions,
  Checkpoint,
  Decision,
  KnownPages,
  Log,
  LogAppend,
  LogRead,
  LogStart,
  PageRange,
} from "./log.ts";
import type { MemoryStorage, StorageImage, StorageOutcome } from "./memory-storage.ts";
import { comparePageKeys, mustKnowFormat, pageAddress } from "./page.ts";
import { stillKnown } from "./known-pages.ts";
import type { Page, PageKey, Version, VersionsOf } from "./page.ts";
import { plainClone } from "./plain-clone.ts";
import type { PlacedRow, Row } from "./row.ts";

export interface MemoryLogOptions {
  /** False: an append reads first, as a log does to which reading costs nothing. Default: true. */
  readonly guesses?: boolean;
}

/** Opens a log on what `storage` holds. @throws KvError "newer-format", at `start` */
export const openMemoryLog = async (storage: MemoryStorage, options: MemoryLogOptions = {}): Promise<Log> =>
  new MemoryLog(storage, options);

class MemoryLog implements Log {
  readonly #storage: MemoryStorage;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #guesses: boolean;
  #isAlone = true;
  #closed = false;

  constructor(storage: MemoryStorage, { guesses = true }: MemoryLogOptions) {
    this.#storage = storage;
    this.#guesses = guesses;
  }

  start(known?: KnownPages): Promise<LogStart> {
    return this.#transact(({ meta, pages, pending, rows }) => {
      mustKnowFormat(meta);
      return {
        result: {
          meta,
          pageKeys:
            stillKnown(known, meta, rows) ?? [...pages.values()].map(pageKeyOf).toSorted(comparePageKeys),
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
    const mayGuess = this.#guesses && atLeast === undefined && this.#isAlone;
    const guess = mayGuess ? cloneOf(decide([])) : undefined;
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

  read(
    tail: Position,
    ranges: readonly PageRange[],
    versionsOf: readonly VersionsOf[] = [],
  ): Promise<LogRead> {
    return this.#transact((image) => ({
      result: {
        missed: rowsAfter(image, tail),
        pages: ranges.map((range) => pagesIn(image, range)),
        versions: versionsOf.map((of) => image.versions.filter((version) => isOf(version, of))),
      },
    }));
  }

  pagesByExpiry(generation: number, limit: number): Promise<readonly Page[]> {
    return this.#transact((image) => {
      const ending = [...image.pages.values()].filter(
        (page) => page.generation === generation && page.earliestExpiry !== undefined,
      );
      ending.sort((a, b) => (a.earliestExpiry ?? 0) - (b.earliestExpiry ?? 0) || comparePageKeys(a, b));
      return { result: ending.slice(0, limit) };
    });
  }

  pagesChangedSince(generation: number, since: Versionstamp): Promise<readonly PackedKey[]> {
    return this.#transact((image) => {
      const changed = [...image.pages.values()].filter(
        (page) => page.generation === generation && page.latest > since,
      );
      return { result: changed.toSorted(comparePageKeys).map(({ first }) => first) };
    });
  }

  async putPages(pages: readonly Page[]): Promise<void> {
    if (this.#closed) throw closedError();
    const written = cloneOf(pages);
    return this.#transact((image) => ({
      image: { ...image, pages: withPages(image, written) },
      result: undefined,
    }));
  }

  deleteGeneration(generation: number, limit: number): Promise<boolean> {
    return this.#transact((image) => {
      let left = limit;
      const versions = image.versions.filter((version) => version.generation !== generation || left-- <= 0);
      if (left < 0) return { image: { ...image, versions }, result: false };
      const dead = [...image.pages.values()].filter((page) => page.generation === generation);
      dead.sort(comparePageKeys);
      const pages = new Map(image.pages);
      for (const page of dead.slice(0, limit)) pages.delete(pageAddress(page));
      return { image: { ...image, pages, versions }, result: dead.length <= limit };
    });
  }

  async checkpoint(checkpoint: Checkpoint): Promise<boolean> {
    if (this.#closed) throw closedError();
    const { base, meta, putPages, deletePages, putPending, deletePending, putVersions, trimVersions } =
      cloneOf(checkpoint);
    return this.#transact((image) => {
      mustKnowFormat(image.meta);
      if ((image.meta?.checkpoint ?? 0) !== base) return { result: false };
      const isRow = image.rows.some(({ position }) => position === meta.checkpoint);
      assert(
        isRow || meta.checkpoint === base,
        `the checkpoint ${meta.checkpoint} is neither a row nor the base ${base}`,
      );
      const pages = withPages(image, putPages, deletePages);
      const versions = trimmed(withVersions(image.versions, putVersions), trimVersions);
      const pending = new Map(image.pending);
      for (const position of deletePending) pending.delete(position);
      for (const record of putPending) pending.set(record.position, record);
      const rows = image.rows.filter((row) => row.position > meta.checkpoint);
      const written = { ...image, rows, pages, versions, pending, meta };
      return { image: withRow(written, { type: "checkpoint" }, image.nextPosition), result: true };
    });
  }

  giveUp(what: "versions" | "reserve"): Promise<boolean> {
    return this.#transact((image) =>
      what === "versions"
        ? { image: { ...image, versions: [] }, result: image.versions.length > 0 }
        : { image: { ...image, reservedBytes: 0 }, result: (image.reservedBytes ?? 0) > 0 },
    );
  }

  keepReserve(bytes: number): Promise<void> {
    return this.#transact((image) => ({
      image: { ...image, reservedBytes: Math.max(bytes, image.reservedBytes ?? 0) },
      result: undefined,
    }));
  }

  /** Holds nothing to let go of. */
  rest(): void {}

  wake(): void {}

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
    return plainClone(value);
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

const withPages = (
  image: StorageImage,
  put: readonly Page[],
  remove: readonly PageKey[] = [],
): ReadonlyMap<string, Page> => {
  const pages = new Map(image.pages);
  for (const page of remove) pages.delete(pageAddress(page));
  for (const page of put) pages.set(pageAddress(page), page);
  return pages;
};

const isOf = (version: Version, { generation, key }: VersionsOf): boolean =>
  version.generation === generation && version.key === key;

const withVersions = (versions: readonly Version[], put: readonly Version[]): readonly Version[] => {
  if (put.length === 0) return versions;
  const byAddress = new Map([...versions, ...put].map((version) => [addressOf(version), version]));
  return [...byAddress.values()].toSorted(compareVersions);
};

const addressOf = ({ generation, key, versionstamp }: Version): string =>
  `${generation}/${versionstamp}/${key}`;

const compareVersions = (a: Version, b: Version): number =>
  a.generation - b.generation ||
  (a.key === b.key ? (a.versionstamp < b.versionstamp ? -1 : 1) : a.key < b.key ? -1 : 1);

const trimmed = (versions: readonly Version[], trims: Checkpoint["trimVersions"]): readonly Version[] => {
  const dropped = new Set(
    trims.flatMap((trim) => {
      const its = versions.filter((version) => isOf(version, trim));
      return its.slice(0, Math.max(0, its.length - trim.keep));
    }),
  );
  return dropped.size === 0 ? versions : versions.filter((version) => !dropped.has(version));
};

const pageKeyOf = ({ generation, first }: Page): PageKey => ({ generation, first });
