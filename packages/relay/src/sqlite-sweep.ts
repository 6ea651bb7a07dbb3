/**
 * What time asks of a bucket in the SQLite file: expired entries become tombstones, old tombstones and
 * results are dropped. Bounded: partial indexes find what is due without looking at the rest.
 */
import { isStamp, laterStamp, resultMs, type Revision, zeroStamp } from "@rockpool/model";
import type { Sweep, SweepOptions } from "./engine.ts";
import { expiredOf, type RelayEntry } from "./relay-entry.ts";
import { hostKeptMs, stampAt } from "./retention.ts";
import type { RowReader } from "./row-reader.ts";
import { isCount, rowOf, writeEntryRow, type SqlValue } from "./sqlite-row.ts";
import type { Statements } from "./sqlite-statements.ts";

/** A bucket's id, its head and its floor before the sweep. */
interface SweptBucket {
  readonly id: number;
  readonly head: Revision;
  readonly floor: Revision;
  readonly rows: RowReader;
}

/** Sweeps within the transaction of the caller. */
export const sweepBucket = (statements: Statements, bucket: SweptBucket, options: SweepOptions): Sweep => {
  const { id, head } = bucket;
  const { nowMs, entriesMax } = options;
  const changed = statements.expiredEntries.all(id, nowMs, entriesMax).flatMap((row) => {
    const entry = bucket.rows.entry(row);
    return entry === undefined ? [] : [expiredOf(entry, head + 1, nowMs)];
  });
  for (const entry of changed) statements.putEntry.run(id, ...writeEntryRow(entry));
  const to = changed.length > 0 ? head + 1 : head;
  if (to > head) statements.setHead.run(to, id);
  const dropped = dropTombstones(statements, id, options);
  const floor = Math.max(bucket.floor, ...dropped.map(({ revision }) => revision));
  if (dropped.length > 0) {
    const stampFloor = dropped.reduce((latest, { stamp }) => laterStamp(latest, stamp), zeroStamp);
    statements.raiseFloor.run(floor, stampFloor, id);
  }
  const arePruned = pruneResults(statements, id, options);
  const isDone = changed.length < entriesMax && dropped.length < entriesMax && arePruned;
  return { from: head, to, changed, updates: [], floor, isDone };
};

/** Drops what is stale; the revisions and stamps of that. */
const dropTombstones = (
  { staleTombstones, dropEntry }: Statements,
  id: number,
  { nowMs, retentionMs, entriesMax }: SweepOptions,
): readonly Pick<RelayEntry, "revision" | "stamp">[] => {
  const beforeMs = nowMs - retentionMs;
  return staleTombstones.all(id, beforeMs, stampAt(beforeMs), entriesMax).flatMap((row) => {
    const [key, revision, stamp] = rowOf(row);
    // What cannot be read says nothing of what may be forgotten.
    if (!isCount(revision) || !isStamp(stamp)) return [];
    dropEntry.run(id, key as SqlValue);
    return [{ revision, stamp }];
  });
};

/** False when there was more to drop. */
const pruneResults = (
  { dropResults, emptyLastResults, dropHosts, dropRetried }: Statements,
  id: number,
  { nowMs, retentionMs, entriesMax }: SweepOptions,
): boolean => {
  const counts = [dropResults, emptyLastResults].map(
    (statement) => statement.run(id, nowMs - resultMs, entriesMax).changes,
  );
  const silentSinceMs = nowMs - hostKeptMs(retentionMs);
  counts.push(dropHosts.run(id, silentSinceMs, entriesMax).changes);
  dropRetried.run(id, silentSinceMs);
  return counts.every((count) => count < entriesMax);
};
