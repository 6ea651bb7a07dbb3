/**
 * For tests: a file of format 1 as SQL, dumped from one that the relay of that time wrote: an entry, a
 * tombstone, an entry that expires, a sum that was tried again, and the results. Never to be changed.
 */
export const fileOfFormat1 = `PRAGMA journal_mode = WAL;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE buckets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL
  );
INSERT INTO "buckets" VALUES(1,'b',3);
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
INSERT INTO "entries" VALUES(1,X'026B00','json','"x"',NULL,1,'018bcfe568000000-a','replica-a',NULL,NULL,'a',1);
INSERT INTO "entries" VALUES(1,X'02676F6E6500',NULL,NULL,NULL,2,'018bcfe568050000-a','replica-a',NULL,NULL,'a',2);
INSERT INTO "entries" VALUES(1,X'026E00','u64','2',1700000001000.0,1,'018bcfe568000000-a','replica-a',NULL,NULL,'a',1);
INSERT INTO "entries" VALUES(1,X'02746F74616C00','u64','3',NULL,3,'018bcfe568000000-c7','replica-c','0000000000000000-','','c:7',1);
CREATE TABLE epochs (
    bucket INTEGER NOT NULL,
    place INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    first_revision INTEGER NOT NULL,
    PRIMARY KEY (bucket, place)
  ) WITHOUT ROWID;
INSERT INTO "epochs" VALUES(1,0,'first-epoch',1);
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
INSERT INTO "results" VALUES(1,'a',1,'replica-a',1,1700000000000,'[["a",1,"a-1",1,"018bcfe568000000-a","accepted",[]]]');
INSERT INTO "results" VALUES(1,'a',2,'replica-a',3,1700000000000,'[["a",2,"a-2",2,"018bcfe568050000-a","accepted",[]]]');
INSERT INTO "results" VALUES(1,'c:7',1,'replica-c',3,1700000000000,'[["c:7",1,"c-7",3,"018bcfe568000000-c7","accepted",[]]]');
CREATE TABLE retried (
    bucket INTEGER NOT NULL,
    host TEXT NOT NULL,
    n INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (bucket, host, n)
  ) WITHOUT ROWID;
INSERT INTO "retried" VALUES(1,'c',7,'[["c",7,"c-7",3,"018bcfe568000000-c7","accepted",[]]]');
CREATE INDEX entries_by_revision ON entries (bucket, revision);
CREATE INDEX results_by_replica ON results (bucket, replica, turn);
COMMIT;
`;
