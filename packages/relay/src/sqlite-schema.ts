/**
 * The tables of the SQLite engine, one file for all buckets. Written to disk: a change needs a new
 * format number and a step that leads there.
 * Keys are BLOBs of their packed bytes, so SQLite's order is key order; values are kept as they were
 * encoded (JSON text is readable with any tool).
 */
import type { DatabaseSync } from "node:sqlite";
import { KvError, msOfStamp, type Stamp } from "@rockpool/model";

/** Stands in `PRAGMA user_version`. */
export const formatVersion = 5;

const tablesOfFormat1 = `
  CREATE TABLE buckets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL
  );
  CREATE TABLE epochs (
    bucket INTEGER NOT NULL,
    place INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    first_revision INTEGER NOT NULL,
    PRIMARY KEY (bucket, place)
  ) WITHOUT ROWID;
  CREATE TABLE entries (
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    -- json, bytes, u64, rich (text that is no well-formed Unicode: rich16, json16); NULL in a tombstone
    encoding TEXT,
    data,
    expire_at REAL,
    revision INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    stamp_holder TEXT NOT NULL,
    -- NULL where they are the same as stamp and stamp_holder
    set_stamp TEXT,
    set_holder TEXT,
    writer_host TEXT NOT NULL,
    writer_n INTEGER NOT NULL,
    UNIQUE (bucket, key)
  );
  CREATE INDEX entries_by_revision ON entries (bucket, revision);
  -- The results of one host in one turn: a row a turn costs far less than a row a commit.
  CREATE TABLE results (
    bucket INTEGER NOT NULL,
    host TEXT NOT NULL,
    last_n INTEGER NOT NULL,
    replica TEXT NOT NULL,
    -- the head after the turn
    turn INTEGER NOT NULL,
    ruled_ms INTEGER NOT NULL,
    -- JSON as on the wire, ascending by n
    results TEXT NOT NULL,
    UNIQUE (bucket, host, last_n)
  );
  CREATE INDEX results_by_replica ON results (bucket, replica, turn);
  -- First attempts of which only a retry was ruled. Dropped no sooner than their host, or they could be ruled after all.
  CREATE TABLE retried (
    bucket INTEGER NOT NULL,
    host TEXT NOT NULL,
    n INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (bucket, host, n)
  ) WITHOUT ROWID;
`;

/**
 * Retention and expiry: the floor, since when a tombstone stands, and what was ruled when. How old a
 * format 1 tombstone is, its stamp alone tells.
 */
const stepToFormat2 = `
  ALTER TABLE buckets ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entries ADD COLUMN deleted_ms REAL;
  UPDATE entries SET deleted_ms = ms_of_stamp(stamp) WHERE encoding IS NULL;
  ALTER TABLE retried ADD COLUMN ruled_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE retried SET ruled_ms = coalesce(
    (SELECT max(ruled_ms) FROM results WHERE results.bucket = retried.bucket), 0);
  CREATE INDEX entries_by_expiry ON entries (bucket, expire_at) WHERE expire_at IS NOT NULL;
  CREATE INDEX entries_by_deletion ON entries (bucket, deleted_ms) WHERE deleted_ms IS NOT NULL;
  -- What is left of a host's last row when its results are dropped: [].
  CREATE INDEX results_by_age ON results (bucket, ruled_ms) WHERE results <> '[]';
  CREATE INDEX hosts_by_age ON results (bucket, ruled_ms) WHERE results = '[]';
`;

/** The highest stamp of a dropped tombstone; NULL where none was dropped since. */
const stepToFormat3 = `
  ALTER TABLE buckets ADD COLUMN stamp_floor TEXT;
`;

/**
 * Documents: in `entries` the encoding "document", the state vector as data and the columns below; their
 * updates in a table of their own. Those of one revision stand in the order of their ids, as of their places.
 */
const stepToFormat4 = `
  ALTER TABLE entries ADD COLUMN incarnation INTEGER;
  ALTER TABLE entries ADD COLUMN update_rows INTEGER;
  ALTER TABLE entries ADD COLUMN update_bytes INTEGER;
  ALTER TABLE entries ADD COLUMN base_bytes INTEGER;
  ALTER TABLE entries ADD COLUMN compaction_due INTEGER;
  CREATE INDEX entries_to_compact ON entries (bucket) WHERE compaction_due = 1;
  CREATE TABLE updates (
    id INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    revision INTEGER NOT NULL,
    place INTEGER NOT NULL,
    -- 1: all updates up to its revision, in one
    is_base INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (bucket, key, revision, place)
  );
  CREATE INDEX updates_by_revision ON updates (bucket, revision);
`;

/** The subdocuments of a document: those of before count from its next compaction on. */
const stepToFormat5 = `
  ALTER TABLE entries ADD COLUMN subdocuments INTEGER;
  UPDATE entries SET subdocuments = 0 WHERE encoding = 'document';
`;

/** The steps that lead from format to format, from an empty file on. */
const steps = [tablesOfFormat1, stepToFormat2, stepToFormat3, stepToFormat4, stepToFormat5];

/** Makes the tables of a new file, or brings an older one to this format. @throws KvError "newer-format" for a file of a later Rockpool */
export const prepareSchema = (database: DatabaseSync): void => {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (found === formatVersion) return;
  if (found > formatVersion) {
    throw new KvError(
      "newer-format",
      `The relay's file has format ${found}, this relay knows ${formatVersion}: update the relay`,
    );
  }
  database.function("ms_of_stamp", { deterministic: true }, (stamp) => msOfStamp(stamp as Stamp));
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const step of steps.slice(found)) database.exec(step);
    database.exec(`PRAGMA user_version = ${formatVersion}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
};
