/**
 * The results that the SQLite engine keeps: one row for what a host pushed in one turn, since a row a
 * turn costs far less than a row a commit. A host's n grows from row to row, and within a row.
 */
import { assert, type CommitName, type CommitResult, type Revision, zeroStamp } from "@rockpool/model";
import type { PatchPart } from "./patch-part.ts";
import type { RowReader } from "./row-reader.ts";
import { rowOf, writeResults, type SqlValue } from "./sqlite-row.ts";
import type { Statements } from "./sqlite-statements.ts";
import type { HostState, KeptResult } from "./turn.ts";

/** Which names of a bucket were ruled on, and how; good for one transaction. */
export class KeptResults {
  readonly #statements: Statements;
  readonly #bucket: number;
  readonly #rows: RowReader;
  /** The row read last: whoever asks for one result of it mostly asks for the next one too. */
  #read = { host: "", first: 0, last: 0, resultByN: new Map<number, CommitResult>() };

  constructor(statements: Statements, bucket: number, rows: RowReader) {
    this.#statements = statements;
    this.#bucket = bucket;
    this.#rows = rows;
  }

  host(host: string): HostState {
    const [last, retried] = rowOf(this.#statements.getHost.get(this.#bucket, host));
    return { last: (last ?? 0) as number, retried: (retried ?? 0) as number };
  }

  result(name: CommitName): CommitResult | undefined {
    const { host, n } = name;
    if (this.#read.host !== host || n < this.#read.first || n > this.#read.last) this.#readRow(name);
    return this.#read.resultByN.get(n) ?? this.#retriedResult(name);
  }

  #readRow({ host, n }: CommitName): void {
    const row = this.#statements.getResults.get(this.#bucket, host, n);
    const about = `of the host ${host}`;
    const results = row === undefined ? [] : this.#rows.results(rowOf(row)[0], "results", about);
    const resultByN = new Map(results.map((result) => [result.name.n, result]));
    const last = results.at(-1)?.name.n ?? n;
    this.#read = { host, first: Math.min(n, results[0]?.name.n ?? n), last, resultByN };
  }

  #retriedResult({ host, n }: CommitName): CommitResult | undefined {
    const row = this.#statements.getRetried.get(this.#bucket, host, n);
    if (row === undefined) return undefined;
    const about = `of the commit ${host}.${n}`;
    return this.#rows.results(rowOf(row)[0], "retried", about)[0] ?? unreadableResult({ host, n });
  }
}

/** The row alone says that the commit was ruled: without it, it would be run again. No commit has an empty tag. */
const unreadableResult = (name: CommitName): CommitResult => ({
  name,
  tag: "",
  revision: 0,
  stamp: zeroStamp,
  ruling: { type: "rejected", reason: { type: "unknown" } },
});

export const keepResults = (
  { putResults, putRetried }: Statements,
  {
    bucket,
    turn,
    ruledMs,
    results,
  }: { bucket: number; turn: Revision; ruledMs: number; results: readonly KeptResult[] },
): void => {
  const pushed = results.filter(({ replica }) => replica !== undefined);
  for (const group of Map.groupBy(pushed, groupOf).values()) {
    const last = group.at(-1);
    assert(last?.replica !== undefined, "a group of results is not empty, and was pushed by a replica");
    const { host, n } = last.result.name;
    putResults.run(
      bucket,
      host,
      n,
      last.replica,
      turn,
      ruledMs,
      writeResults(group.map(({ result }) => result)),
    );
  }
  for (const { result, replica } of results) {
    if (replica !== undefined) continue;
    putRetried.run(bucket, result.name.host, result.name.n, writeResults([result]), ruledMs);
  }
};

/** Adds the results after `from` to a part, from rows of (turn, results) ascending by turn. */
export const addResults = (
  part: PatchPart,
  from: Revision,
  rows: Iterable<unknown>,
  reader: RowReader,
): void => {
  let turn: SqlValue | undefined;
  // The rows of one turn lie between one another: their hosts took turns.
  let inTurn: CommitResult[] = [];
  const addTurn = (): boolean =>
    inTurn
      .filter(({ revision }) => revision > from)
      .toSorted((a, b) => a.revision - b.revision)
      .every((result) => part.addResult(result));
  for (const row of rows) {
    const [rowTurn, results] = rowOf(row);
    if (rowTurn !== turn) {
      if (!addTurn()) return;
      inTurn = [];
    }
    turn = rowTurn;
    inTurn.push(...reader.results(results, "results", `of the turn up to revision ${String(turn)}`));
  }
  addTurn();
};

/** No id holds a control character, so this tells host and replica apart. */
const groupOf = ({ result, replica }: KeptResult): string => `${result.name.host}\n${replica}`;
