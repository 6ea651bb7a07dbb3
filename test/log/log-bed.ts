/**
 * What the log's suites stand on: a bed is the storage of one device, and its `open` starts another
 * host on it. With the rows, pages and meta they write, and a host that counts.
 */
import type {
  Checkpoint,
  CommitRow,
  Decision,
  Log,
  LogAppend,
  Meta,
  Page,
  PendingRecord,
  PlacedRow,
  Version,
} from "@rockpool/log";
import { createStamp, createVersionstamp, packKey, zeroStamp } from "@rockpool/model";
import type { Position } from "@rockpool/model";

export interface LogBed {
  /** Opens one more handle on the same storage. */
  open(): Promise<Log>;
  /** False: an append reads before it asks for a decision. Default: true. */
  readonly guesses?: boolean;
}

export type CreateBed = () => LogBed;

/** A row that says `count`. */
export const countRow = (count: number, host = "h"): CommitRow => ({
  type: "commit",
  commits: [
    {
      name: { host, n: count },
      tag: `t${count}`,
      readingMs: 0,
      checks: [],
      mutations: [],
      effects: [{ key: packKey(["count"]), value: { encoding: "u64", data: BigInt(count) } }],
    },
  ],
});

/** What a row says, or the type of one that says nothing. */
export const countOf = (row: PlacedRow): number | string =>
  row.type === "commit" ? Number(row.commits[0]?.effects[0]?.value?.data) : row.type;

export const appendOf = (count: number) => (): Decision => ({ type: "row", row: countRow(count) });

export const none = (): Decision => ({ type: "none" });
export const retry = (): Decision => ({ type: "retry" });

/** Appends a row that says how many rows were missed, plus `base`. */
export const appendMissed =
  (base: number) =>
  (missed: readonly PlacedRow[]): Decision =>
    appendOf(base + missed.length)();

/** Guesses one thing and, told of missed rows, decides another. */
export const guessThen =
  (guess: () => Decision, late: () => Decision) =>
  (missed: readonly PlacedRow[]): Decision =>
    missed.length === 0 ? guess() : late();

/** Appends rows that say 1 to `rows`, one after another. */
export const fill = async (log: Log, rows: number): Promise<Position> => {
  let tail = 0;
  for (let count = 1; count <= rows; count++) tail = mustBePlaced(await log.append(tail, appendOf(count)));
  return tail;
};

export const mustBePlaced = ({ position }: LogAppend): Position => {
  if (position === undefined) throw new Error("no row was placed");
  return position;
};

export const pageOf = (generation: number, key: string, count = 0): Page => ({
  generation,
  first: packKey([key]),
  entries: [
    {
      key: packKey([key]),
      value: { encoding: "u64", data: BigInt(count) },
      versionstamp: createVersionstamp(count),
    },
  ],
  latest: createVersionstamp(count),
});

/** An older version of a key that says `count`. */
export const versionOf = (generation: number, key: string, count: number): Version => ({
  generation,
  key: packKey([key]),
  versionstamp: createVersionstamp(count),
  value: { encoding: "u64", data: BigInt(count) },
});

export const pendingOf = (position: Position): PendingRecord => ({
  position,
  commits: [
    {
      commit: {
        name: { host: "h", n: position },
        tag: "t",
        stamp: createStamp(1, 0, "h"),
        checks: [],
        mutations: [{ type: "delete", key: packKey(["count"]) }],
      },
      versionstamp: createVersionstamp(position),
      state: "pending",
    },
  ],
});

export const metaAt = (checkpoint: Position, format = 1): Meta => ({
  format,
  checkpoint,
  ranges: [{ first: packKey([]), generation: 1 }],
  replica: null,
  stamp: zeroStamp,
  session: { epoch: null, cursor: 0, scope: [], followed: [], clockOffsetMs: 0, paused: false },
});

/** A checkpoint that writes nothing but `meta`, with what `parts` says. */
export const checkpointAt = (
  base: Position,
  checkpoint: Position,
  parts: Partial<Checkpoint> = {},
): Checkpoint => ({
  base,
  meta: metaAt(checkpoint),
  putPages: [],
  deletePages: [],
  putPending: [],
  deletePending: [],
  putVersions: [],
  trimVersions: [],
  ...parts,
});

/** A host that folds the log to a count, and whose appends each say one more than what stands before them. */
export class CountingHost {
  readonly #log: Log;
  /** All rows it was told of and all it placed, in the order it learned of them. */
  readonly rows: PlacedRow[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  async increment(atLeast?: Position): Promise<void> {
    const decide = (missed: readonly PlacedRow[]): Decision => {
      last = { type: "row", row: countRow(this.rows.length + missed.length + 1) };
      return last;
    };
    let last: Extract<Decision, { type: "row" }> | undefined;
    const tail = this.rows.at(-1)?.position ?? 0;
    const { missed, position } = await this.#log.append(
      tail,
      decide,
      atLeast === undefined ? {} : { atLeast },
    );
    if (position === undefined || last === undefined) throw new Error("no row was placed");
    this.rows.push(...missed, { ...last.row, position });
  }
}
