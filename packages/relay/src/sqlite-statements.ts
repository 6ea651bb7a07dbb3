/**
 * The statements of the SQLite engine, prepared once; rows come as arrays of columns.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { entryColumns, resultColumns } from "./sqlite-row.ts";

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
  | "putHost"
  | "getResult"
  | "putResult"
  | "resultsAfter"
  | "pruneResults";

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
  putEntry: `INSERT OR REPLACE INTO entries (bucket, ${entryColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  entriesAfter: `SELECT ${entryColumns} FROM entries WHERE bucket = ? AND revision > ? ORDER BY revision`,
  getHost: "SELECT last, retried FROM hosts WHERE bucket = ? AND host = ?",
  putHost: "INSERT OR REPLACE INTO hosts (bucket, host, last, retried) VALUES (?, ?, ?, ?)",
  getResult: `SELECT ${resultColumns} FROM results WHERE bucket = ? AND host = ? AND n = ?`,
  putResult: `INSERT OR REPLACE INTO results (bucket, ${resultColumns}, replica, ruled_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  resultsAfter: `SELECT ${resultColumns} FROM results WHERE bucket = ? AND replica = ? AND revision > ? ORDER BY revision`,
  pruneResults: "DELETE FROM results WHERE bucket = ? AND ruled_ms < ? AND replica IS NOT NULL",
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
