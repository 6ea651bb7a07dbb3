/**
 * The relay's file, read and moved by other hands than the relay's: what it holds, and a copy of it that can be put back
 * as an operator would.
 */
import { copyFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { msOfStamp, type PackedKey, type Stamp, unpackKey } from "@rockpool/model";

/** What the relay holds of a bucket. */
export interface RelayContent {
  readonly head: number;
  /** Living entries: values as text, by key as JSON. */
  readonly entries: Readonly<Record<string, string>>;
  /** The highest time among the stamps of all keys, in ms since 1970. */
  readonly lastStampMs: number;
}

interface EntryRow {
  readonly key: Uint8Array;
  readonly encoding: string | null;
  readonly data: string;
  readonly stamp: Stamp;
}

const parts = ["", "-wal", "-shm"];

/** Reads a bucket at one point of its history; the relay may be running. */
export const readRelay = (file: string, bucket: string): RelayContent => {
  using database = new DatabaseSync(file, { readOnly: true });
  database.exec("BEGIN");
  const found = database.prepare("SELECT id, head FROM buckets WHERE name = ?").get(bucket);
  if (found === undefined) throw new Error(`the relay has no bucket ${bucket}`);
  const rows = database
    .prepare("SELECT key, encoding, data, stamp FROM entries WHERE bucket = ?")
    .all(found["id"] ?? null) as unknown as readonly EntryRow[];
  const entries: Record<string, string> = {};
  let lastStampMs = 0;
  for (const { key, encoding, data, stamp } of rows) {
    lastStampMs = Math.max(lastStampMs, msOfStamp(stamp));
    if (encoding === null) continue;
    const packed = Buffer.from(key).toString("latin1") as PackedKey;
    entries[JSON.stringify(unpackKey(packed))] = encoding === "u64" ? `${data}n` : data;
  }
  return { head: Number(found["head"]), entries, lastStampMs };
};

/** Copies the file of a relay that is not running, with what SQLite keeps beside it. */
export const copyRelayFile = async (from: string, to: string): Promise<void> => {
  for (const part of parts) {
    await rm(to + part, { force: true });
    if (existsSync(from + part)) await copyFile(from + part, to + part);
  }
};
