/**
 * The tables of a bucket's file. Written to disk: a change needs a new format number and a step that
 * leads there. Keys are BLOBs of their packed bytes, so SQLite's order is key order. As text they would
 * be in order too, but bytes from 128 on take two, and SQL's functions end a text at its first zero byte.
 */
import type { DatabaseSync } from "node:sqlite";
import { KvError } from "@rockpool/model";

/** Stands in `PRAGMA user_version`: how the tables are made. What the records mean, `Meta.format` says. */
export const fileFormat = 1;

/** "Rckp" in `PRAGMA application_id`: what tells a bucket from any other SQLite file. Never change it. */
const applicationId = 0x52_63_6b_70;

/**
 * Whatever lock the connection takes it holds until it is closed, which the end of a process does in any
 * case. It comes before WAL, whose index then needs no shared memory.
 * @see https://www.sqlite.org/pragma.html#pragma_locking_mode
 */
const holdLocks = "PRAGMA locking_mode = EXCLUSIVE";

/** Bytes of the write-ahead log at which it is moved into the file, about: so much more a full disk must find. */
export const walBytes: number = 1024 * 1024;
const pageBytes = 4096;

/** The first that may write, which takes the file for good. It writes to a new file only: a full disk must open. */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = ${walBytes / pageBytes};
  PRAGMA journal_size_limit = ${walBytes};
  PRAGMA cache_size = -8192;
`;

const tables = `
  -- positions are given as max + 1: a checkpoint, which alone deletes rows, leaves one of its own
  CREATE TABLE rows (position INTEGER PRIMARY KEY, row BLOB NOT NULL);
  CREATE TABLE pages (
    generation INTEGER NOT NULL,
    first BLOB NOT NULL,
    latest TEXT NOT NULL,
    earliest_expiry REAL,
    page BLOB NOT NULL,
    UNIQUE (generation, first)
  );
  CREATE INDEX pages_by_change ON pages (generation, latest, first);
  CREATE INDEX pages_by_expiry ON pages (generation, earliest_expiry, first) WHERE earliest_expiry IS NOT NULL;
  CREATE TABLE versions (
    generation INTEGER NOT NULL,
    key BLOB NOT NULL,
    versionstamp TEXT NOT NULL,
    version BLOB NOT NULL,
    UNIQUE (generation, key, versionstamp)
  );
  CREATE TABLE pending (position INTEGER PRIMARY KEY, record BLOB NOT NULL);
  -- one row at most
  CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), meta BLOB NOT NULL);
  -- the key that the secrets are sealed with, one row at most; and the secrets by packed name
  CREATE TABLE secret_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL);
  CREATE TABLE secrets (name BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
`;

/**
 * Takes the file for this connection alone, and makes its tables when it is new.
 * @throws KvError "newer-format", "unavailable" for a file that is no bucket's; what SQLite throws
 */
export const prepareFile = (database: DatabaseSync, file: string): void => {
  database.exec(holdLocks);
  const found = pragmaOf(database, "user_version");
  const isNew = found === 0 && pragmaOf(database, "schema_version") === 0;
  if (!isNew && pragmaOf(database, "application_id") !== applicationId) {
    throw new KvError(
      "unavailable",
      `${file} is a database of another program, no bucket: give Rockpool a folder of its own`,
    );
  }
  if (found > fileFormat) {
    throw new KvError(
      "newer-format",
      `The file ${file} has format ${found}, this Rockpool knows formats up to ${fileFormat}: update the app.`,
    );
  }
  if (isNew) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  database.exec(pragmas);
  if (!isNew) return;
  database.exec(`
    BEGIN IMMEDIATE;
    ${tables}
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${fileFormat};
    COMMIT;
  `);
};

export const pragmaOf = (database: DatabaseSync, name: string): number =>
  Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
