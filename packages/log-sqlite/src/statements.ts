/**
 * Every statement that runs on a bucket's file, prepared once for a connection. Parameters stand in the
 * order of the question marks; rows come as arrays of columns.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert, type PackedKey } from "@rockpool/model";

const sqlByName = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",

  rowsAfter: "SELECT row, position FROM rows WHERE position > ? ORDER BY position",
  lastPosition: "SELECT max(position) FROM rows",
  hasRow: "SELECT 1 FROM rows WHERE position = ?",
  addRow: "INSERT INTO rows (position, row) VALUES (?, ?)",
  dropRows: "DELETE FROM rows WHERE position <= ?",

  pageKeys: "SELECT generation, first FROM pages ORDER BY generation, first",
  pagesInRange: "SELECT page FROM pages WHERE generation = ? AND first BETWEEN ? AND ? ORDER BY first",
  pagesByExpiry: `SELECT page FROM pages WHERE generation = ? AND earliest_expiry IS NOT NULL
    ORDER BY earliest_expiry, first LIMIT ?`,
  pagesChangedSince: "SELECT first FROM pages WHERE generation = ? AND latest > ? ORDER BY first",
  putPage: `INSERT INTO pages (generation, first, latest, earliest_expiry, page) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (generation, first) DO UPDATE SET
      latest = excluded.latest, earliest_expiry = excluded.earliest_expiry, page = excluded.page`,
  dropPage: "DELETE FROM pages WHERE generation = ? AND first = ?",
  dropPages: `DELETE FROM pages WHERE rowid IN (
    SELECT rowid FROM pages WHERE generation = ? ORDER BY first LIMIT ?)`,
  countPages: "SELECT count(*) FROM pages WHERE generation = ?",

  versionsOf: "SELECT version FROM versions WHERE generation = ? AND key = ? ORDER BY versionstamp",
  putVersion: `INSERT INTO versions (generation, key, versionstamp, version) VALUES (?, ?, ?, ?)
    ON CONFLICT (generation, key, versionstamp) DO UPDATE SET version = excluded.version`,
  trimVersions: `DELETE FROM versions WHERE rowid IN (
    SELECT rowid FROM versions WHERE generation = ? AND key = ? ORDER BY versionstamp DESC LIMIT -1 OFFSET ?)`,
  dropVersions: `DELETE FROM versions WHERE rowid IN (
    SELECT rowid FROM versions WHERE generation = ? ORDER BY key, versionstamp LIMIT ?)`,
  hasVersions: "SELECT EXISTS (SELECT 1 FROM versions WHERE generation = ?)",
  clearVersions: "DELETE FROM versions",

  allPending: "SELECT record FROM pending ORDER BY position",
  putPending: "INSERT OR REPLACE INTO pending (position, record) VALUES (?, ?)",
  dropPending: "DELETE FROM pending WHERE position = ?",

  getMeta: "SELECT meta FROM meta",
  putMeta: "INSERT OR REPLACE INTO meta (id, meta) VALUES (1, ?)",

  getSecretKey: "SELECT key FROM secret_key",
  addSecretKey: "INSERT INTO secret_key (id, key) VALUES (1, ?) ON CONFLICT (id) DO NOTHING",
  getSecret: "SELECT sealed FROM secrets WHERE name = ?",
  putSecret: "INSERT OR REPLACE INTO secrets (name, sealed) VALUES (?, ?)",
  dropSecret: "DELETE FROM secrets WHERE name = ?",
  secretNames: "SELECT name FROM secrets ORDER BY name",
} as const;

export type Statements = Readonly<Record<keyof typeof sqlByName, StatementSync>>;

export const prepareStatements = (database: DatabaseSync): Statements => {
  const prepared = Object.entries(sqlByName).map(([name, sql]) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return [name, statement] as const;
  });
  return Object.fromEntries(prepared) as Statements;
};

/** Statements return arrays, which the types of node:sqlite do not say. */
export const columnsOf = (row: unknown): readonly unknown[] => {
  assert(Array.isArray(row), "a row is an array of columns");
  return row;
};

/** The first column of each row. */
export const firstColumns = (rows: readonly unknown[]): readonly unknown[] =>
  rows.map((row) => columnsOf(row)[0]);

/** Code units 0–255 are Latin-1's bytes. */
export const keyToBlob = (key: PackedKey): Uint8Array => Buffer.from(key, "latin1");

export const blobToKey = (blob: unknown): PackedKey => {
  assert(blob instanceof Uint8Array, "a key is a BLOB");
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("latin1") as PackedKey;
};
