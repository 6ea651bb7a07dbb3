/**
 * The statements of the SQLite engine, prepared once; rows come as arrays of columns.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { entryColumns, updateColumns } from "./sqlite-row.ts";

type StatementName =
  | "addBucket"
  | "getBucket"
  | "getHead"
  | "setHead"
  | "addEpoch"
  | "allEpochs"
  | "getEntry"
  | "putEntry"
  | "entriesAfter"
  | "entriesInRange"
  | "expiredEntries"
  | "staleTombstones"
  | "dropEntry"
  | "raiseFloor"
  | "updatesOf"
  | "updatesAfter"
  | "putUpdate"
  | "dropUpdates"
  | "dropUpdatesUpTo"
  | "entriesToCompact"
  | "getHost"
  | "getResults"
  | "putResults"
  | "resultsAfter"
  | "getRetried"
  | "putRetried"
  | "dropResults"
  | "emptyLastResults"
  | "dropHosts"
  | "dropRetried";

const replacedColumns = entryColumns
  .split(", ")
  .filter((column) => column !== "key")
  .map((column) => `${column} = excluded.${column}`)
  .join(", ");

/** Parameters stand in the order of the question marks; `bucket` is a bucket's id. */
const sqlByName: Readonly<Record<StatementName, string>> = {
  addBucket: "INSERT INTO buckets (name, head) VALUES (?, 0) ON CONFLICT (name) DO NOTHING",
  getBucket: "SELECT id FROM buckets WHERE name = ?",
  getHead: "SELECT head, floor, stamp_floor FROM buckets WHERE id = ?",
  setHead: "UPDATE buckets SET head = ? WHERE id = ?",
  addEpoch:
    "INSERT INTO epochs (bucket, place, epoch, first_revision) VALUES (?1, (SELECT count(*) FROM epochs WHERE bucket = ?1), ?2, ?3)",
  allEpochs: "SELECT epoch, first_revision FROM epochs WHERE bucket = ? ORDER BY place",
  getEntry: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND key = ?`,
  putEntry: `INSERT INTO entries (bucket, ${entryColumns}) VALUES (?${", ?".repeat(entryColumns.split(", ").length)})
    ON CONFLICT (bucket, key) DO UPDATE SET ${replacedColumns}`,
  entriesAfter: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND revision > ? ORDER BY revision`,
  entriesInRange: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key`,
  expiredEntries: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND expire_at <= ? ORDER BY expire_at LIMIT ?`,
  staleTombstones:
    "SELECT key, revision, stamp FROM entries WHERE bucket = ? AND deleted_ms < ? AND stamp < ? ORDER BY deleted_ms LIMIT ?",
  dropEntry: "DELETE FROM entries WHERE bucket = ? AND key = ?",
  raiseFloor:
    "UPDATE buckets SET floor = max(floor, ?), stamp_floor = max(coalesce(stamp_floor, ''), ?) WHERE id = ?",
  updatesOf: `SELECT ${updateColumns} FROM updates WHERE bucket = ? AND key = ? ORDER BY revision, place`,
  updatesAfter: `SELECT ${updateColumns} FROM updates WHERE bucket = ? AND revision > ? ORDER BY revision, id`,
  putUpdate: `INSERT INTO updates (bucket, ${updateColumns}) VALUES (?, ?, ?, ?, ?, ?)`,
  dropUpdates: "DELETE FROM updates WHERE bucket = ? AND key = ?",
  dropUpdatesUpTo: "DELETE FROM updates WHERE bucket = ? AND key = ? AND revision <= ?",
  entriesToCompact: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND compaction_due = 1 LIMIT ?`,
  getHost: `SELECT
    (SELECT max(last_n) FROM results WHERE bucket = ?1 AND host = ?2),
    (SELECT max(n) FROM retried WHERE bucket = ?1 AND host = ?2)`,
  getResults:
    "SELECT results FROM results WHERE bucket = ? AND host = ? AND last_n >= ? ORDER BY last_n LIMIT 1",
  putResults:
    "INSERT INTO results (bucket, host, last_n, replica, turn, ruled_ms, results) VALUES (?, ?, ?, ?, ?, ?, ?)",
  resultsAfter:
    "SELECT turn, results FROM results WHERE bucket = ? AND replica = ? AND turn > ? ORDER BY turn",
  getRetried: "SELECT result FROM retried WHERE bucket = ? AND host = ? AND n = ?",
  putRetried: "INSERT OR REPLACE INTO retried (bucket, host, n, result, ruled_ms) VALUES (?, ?, ?, ?, ?)",
  dropResults: `DELETE FROM results WHERE rowid IN (SELECT rowid FROM results AS aged
    WHERE bucket = ? AND ruled_ms < ? AND results <> '[]' AND last_n < (
      SELECT max(last_n) FROM results WHERE bucket = aged.bucket AND host = aged.host)
    ORDER BY ruled_ms LIMIT ?)`,
  // The last row of each host stays: it says which names were ruled on.
  emptyLastResults: `UPDATE results SET results = '[]' WHERE rowid IN (SELECT rowid FROM results AS aged
    WHERE bucket = ? AND ruled_ms < ? AND results <> '[]' AND last_n = (
      SELECT max(last_n) FROM results WHERE bucket = aged.bucket AND host = aged.host)
    ORDER BY ruled_ms LIMIT ?)`,
  dropHosts: `DELETE FROM results WHERE rowid IN (
    SELECT rowid FROM results WHERE bucket = ? AND ruled_ms < ? AND results = '[]' ORDER BY ruled_ms LIMIT ?)`,
  dropRetried: "DELETE FROM retried WHERE bucket = ? AND ruled_ms < ?",
};

export type Statements = Readonly<Record<StatementName, StatementSync>>;

export const prepareStatements = (database: DatabaseSync): Statements => {
  const prepared = Object.entries(sqlByName).map(([name, sql]) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return [name, statement] as const;
  });
  return Object.fromEntries(prepared) as Statements;
};
