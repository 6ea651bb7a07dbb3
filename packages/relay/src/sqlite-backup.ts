/**
 * Copies of the relay's file: one made while the relay runs, and one put back while it does not. What
 * is put back is an older history: the relay begins a new epoch when it starts, replicas see at their
 * next hello what was lost, and push again what they had confirmed in the last day.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { KvError } from "@rockpool/model";
import { formatVersion } from "./sqlite-schema.ts";

/** Copies the file as it is now, whole, into a new one. @throws KvError "unavailable" */
export const backUpFile = (data: string, target: string): void => {
  if (existsSync(target)) throw new KvError("unavailable", `${target} exists: name a file that does not`);
  copyDatabase(data, target);
};

/**
 * Puts a copy in the place of the relay's file, which is kept beside it as `.replaced`.
 * @throws KvError "unavailable" while a relay runs on it, "damaged" or "newer-format" for a file that is no copy
 */
export const restoreFile = (source: string, data: string): void => {
  checkCopy(source);
  const fresh = `${data}.restoring`;
  rmSync(fresh, { force: true });
  copyDatabase(source, fresh);
  if (existsSync(data)) setAside(data);
  renameSync(fresh, data);
};

const copyDatabase = (from: string, to: string): void => {
  try {
    using database = new DatabaseSync(from, { readOnly: true });
    database.prepare("VACUUM INTO ?").run(to);
  } catch (cause) {
    throw new KvError("unavailable", `${from} cannot be copied to ${to}: ${String(cause)}`, { cause });
  }
};

const checkCopy = (file: string): void => {
  const { version, verdict } = inspect(file);
  if (verdict !== "ok" || version < 1) {
    throw new KvError(
      "damaged",
      `${file} is no whole copy of a relay's file (${verdict}); nothing was changed`,
    );
  }
  if (version > formatVersion) {
    const known = `this relay knows ${formatVersion}`;
    throw new KvError(
      "newer-format",
      `${file} has format ${version}, ${known}: update the relay; nothing was changed`,
    );
  }
};

const inspect = (file: string): { readonly version: number; readonly verdict: string } => {
  try {
    using database = new DatabaseSync(file, { readOnly: true });
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    const verdict = String(database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
    return { version, verdict };
  } catch (error) {
    return { version: 0, verdict: String(error) };
  }
};

/** Source: sqlite.org/rescode.html */
const sqliteBusy = 5;

const setAside = (data: string): void => {
  try {
    // To leave the WAL a connection must be the only one: this is refused as long as a relay runs.
    using database = new DatabaseSync(data);
    database.exec("PRAGMA journal_mode = DELETE");
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) {
      const message = `${data} is in use: stop the relay first; nothing was changed`;
      throw new KvError("unavailable", message, { cause: error });
    }
    // A file that cannot be opened is what people put copies back for.
  }
  for (const part of ["", "-wal", "-shm"]) {
    if (existsSync(data + part)) renameSync(data + part, `${data}.replaced${part}`);
  }
};
