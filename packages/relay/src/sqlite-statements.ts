/**
 * The statements of the SQLite engine, prepared once; rows come as arrays of columns.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { entryColumns } from "./sqlite-row.ts";

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
  | "getHost"
  | "getResults"
  | "putResults"
  | "resultsAfter"
  | "getRetried"
  | "putRetried"
  | "pruneResults";

const replacedColumns = entryColumns
  .split(", ")
  .filter((column) => column !== "key")
  .map((column) => `${column} = excluded.${column}`)
  .join(", ");

/** Parameters stand in the order of the question marks; `bucket` is a bucket's id. */
const sqlByName: Readonly<Record<StatementName, string>> = {
  addBucket: "INSERT INTO buckets (name, head) VALUES (?, 0) ON CONFLICT (name) DO NOTHING",
  getBucket: "SELECT id, head FROM buckets WHERE name = ?",
  getHead: "SELECT head FROM buckets WHERE id = ?",
  setHead: "UPDATE buckets SET head = ? WHERE id = ?",
  addEpoch:
    "INSERT INTO epochs (bucket, place, epoch, first_revision) VALUES (?1, (SELECT count(*) FROM epochs WHERE bucket = ?1), ?2, ?3)",
  allEpochs: "SELECT epoch, first_revision FROM epochs WHERE bucket = ? ORDER BY place",
  getEntry: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND key = ?`,
  putEntry: `INSERT INTO entries (bucket, ${entryColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (bucket, key) DO UPDATE SET ${replacedColumns}`,
  entriesAfter: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND revision > ? ORDER BY revision`,
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
  putRetried: "INSERT OR REPLACE INTO retried (bucket, host, n, result) VALUES (?, ?, ?, ?)",
  // The last of each host stays: it says which names were ruled on.
  pruneResults: `DELETE FROM results WHERE bucket = ? AND ruled_ms < ? AND last_n < (
    SELECT max(last_n) FROM results AS later WHERE later.bucket = results.bucket AND later.host = results.host)`,
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
