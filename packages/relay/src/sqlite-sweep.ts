/**
 * What time asks of a bucket in the SQLite file: expired entries become tombstones, old tombstones and
 * results are dropped. Bounded: partial indexes find what is due without looking at the rest.
 */
import { laterStamp, resultMs, type Revision, type Stamp, zeroStamp } from "@rockpool/model";
import type { Sweep, SweepOptions } from "./engine.ts";
import { expiredOf, type RelayEntry } from "./relay-entry.ts";
import { hostKeptMs, stampAt } from "./retention.ts";
import { readEntryRow, rowOf, writeEntryRow, type SqlValue } from "./sqlite-row.ts";
import type { Statements } from "./sqlite-statements.ts";

/** A bucket's id, its head and its floor before the sweep. */
interface SweptBucket {
  readonly id: number;
  readonly head: Revision;
  readonly floor: Revision;
}

/** Sweeps within the transaction of the caller. */
export const sweepBucket = (statements: Statements, bucket: SweptBucket, options: SweepOptions): Sweep => {
  const { id, head } = bucket;
  const { nowMs, entriesMax } = options;
  const expired = statements.expiredEntries.all(id, nowMs, entriesMax);
  const changed = expired.map((row) => expiredOf(readEntryRow(rowOf(row)), head + 1, nowMs));
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
  const isDone = expired.length < entriesMax && dropped.length < entriesMax && arePruned;
  return { from: head, to, changed, floor, isDone };
};

/** Drops what is stale; the revisions and stamps of that. */
const dropTombstones = (
  { staleTombstones, dropEntry }: Statements,
  id: number,
  { nowMs, retentionMs, entriesMax }: SweepOptions,
): readonly Pick<RelayEntry, "revision" | "stamp">[] => {
  const beforeMs = nowMs - retentionMs;
  return staleTombstones.all(id, beforeMs, stampAt(beforeMs), entriesMax).map((row) => {
    const [key, revision, stamp] = rowOf(row);
    dropEntry.run(id, key as SqlValue);
    return { revision: revision as Revision, stamp: stamp as Stamp };
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
