/**
 * Who has a bucket's file. In this process all share one connection, counted, which holds the file's lock
 * from its first look until the last of them lets go; whoever else wants the file is told so.
 */
import { chmodSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { BucketFile } from "./bucket-file.ts";
import { prepareFile } from "./schema.ts";
import { blockedError, faultOf, isHeldByAnother } from "./storage-fault.ts";

/** Somebody's share of an open file. */
export interface HeldFile {
  readonly bucket: BucketFile;
  /** Closes the file behind the last one who holds it. Once more is harmless. */
  readonly release: () => void;
  /** Deletes the file under all who hold it; whoever opens it from here on begins anew. */
  readonly destroy: () => void;
}

interface Opening {
  readonly opened: Promise<BucketFile>;
  holders: number;
}

/** By absolute path. */
const openingByFile = new Map<string, Opening>();

/**
 * Opens a bucket's file, made when it is new, or takes a share of it where this process has it open.
 * @throws KvError "blocked" | "unavailable" | "corrupt" | "newer-format" | "quota"
 */
export const holdFile = async (file: string): Promise<HeldFile> => {
  const opening = openingByFile.get(file) ?? { opened: openFile(file), holders: 0 };
  openingByFile.set(file, opening);
  // Before the first wait: whoever closes meanwhile must see that somebody is coming.
  opening.holders++;
  const forget = (): void => {
    if (openingByFile.get(file) === opening) openingByFile.delete(file);
  };
  /** True for the last one. */
  const leave = (): boolean => {
    opening.holders--;
    if (opening.holders === 0) forget();
    return opening.holders === 0;
  };
  try {
    const bucket = await opening.opened;
    let isHeld = true;
    const release = (): void => {
      const isLast = isHeld && leave();
      isHeld = false;
      if (isLast) bucket.close();
    };
    const destroy = (): void => {
      forget();
      bucket.destroy();
    };
    return { bucket, release, destroy };
  } catch (error) {
    leave();
    throw error;
  }
};

/** Attempts to have a file that another has: two who open it at the same moment can be in each other's way. */
const attemptsMax = 5;
const pauseMsMax = 30;

const openFile = async (file: string): Promise<BucketFile> => {
  for (let attempt = 1; ; attempt++) {
    const { bucket, cause } = tryToOpen(file);
    if (bucket !== undefined) return bucket;
    if (attempt === attemptsMax) throw blockedError(file, cause);
    await new Promise((resolve) => setTimeout(resolve, pauseMsMax * (0.5 + Math.random() / 2)));
  }
};

/** Gives why not, where another has the file or deleted it meanwhile. */
const tryToOpen = (file: string): { readonly bucket?: BucketFile; readonly cause?: unknown } => {
  try {
    const bucket = openNow(file);
    if (existsSync(file)) return { bucket };
    bucket.close();
    return { cause: new Error(`${file} was deleted while it was opened`) };
  } catch (cause) {
    if (isHeldByAnother(cause)) return { cause };
    throw faultOf(cause, file, "open");
  }
};

/**
 * Nothing but SQLite may open the file: closing any handle of it would end the locks that other threads
 * of this process have. @see https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
const openNow = (file: string): BucketFile => {
  const isNew = !existsSync(file);
  const database = new DatabaseSync(file);
  try {
    // Secrets and their key stand in it.
    if (isNew) chmodSync(file, 0o600);
    prepareFile(database, file);
    return new BucketFile(file, database);
  } catch (cause) {
    database.close();
    throw cause;
  }
};
