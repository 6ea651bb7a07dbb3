/**
 * What an error of SQLite means for its caller, who can do something about each: the file is named, and
 * the remedy. What SQLite did not throw stays as it is.
 * @see https://www.sqlite.org/rescode.html
 */
import { KvError } from "@rockpool/model";

/** Primary result codes. */
const codes = {
  permission: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  authorization: 23,
  notADatabase: 26,
} as const;

/** When it failed. - `open`: nothing was done yet. - `work`: what was done is taken back. - `commit`: nobody knows. */
export type Phase = "open" | "work" | "commit";

/** True when another connection has the file. */
export const isHeldByAnother = (cause: unknown): boolean => {
  const code = codeOf(cause);
  return code === codes.busy || code === codes.locked;
};

export const faultOf = (cause: unknown, file: string, phase: Phase): unknown => {
  const code = codeOf(cause);
  if (code === undefined) {
    // A record that cannot be read does not know its file.
    const isRecord = phase !== "open" && cause instanceof KvError && cause.code === "corrupt";
    return isRecord ? damaged(file, cause) : cause;
  }
  switch (code) {
    case codes.full:
      return new KvError(
        "quota",
        `There is no room for the bucket's file ${file}, and nothing was written: delete entries, or free space on its disk, and try again.`,
        { cause },
      );
    case codes.corrupt:
    case codes.notADatabase:
      return damaged(file, cause);
    case codes.busy:
    case codes.locked:
      return blockedError(file, cause);
    case codes.permission:
    case codes.readonly:
    case codes.cannotOpen:
    case codes.authorization:
      return unavailableError(file, cause);
    default:
      return phase === "open" ? unavailableError(file, cause) : ioError(file, phase, cause);
  }
};

/** A bucket's file belongs to one process at a time. */
export const blockedError = (file: string, cause: unknown): KvError =>
  new KvError(
    "blocked",
    `The bucket's file ${file} is open in another process, or in another thread of this one: give each a folder of its own and let them sync through a relay, or end the other one.`,
    { cause },
  );

export const unavailableError = (file: string, cause: unknown): KvError =>
  new KvError(
    "unavailable",
    `The bucket's file ${file} cannot be opened or written: it must be a file, in a folder, that this process may read and write (${String(cause)}).`,
    { cause },
  );

const damaged = (file: string, cause: unknown): KvError =>
  new KvError(
    "corrupt",
    `The file ${file} is damaged, or is no bucket: put a copy of it back, or destroy the bucket and restore a backup (${String(cause)}).`,
    { cause },
  );

const ioError = (file: string, phase: "work" | "commit", cause: unknown): KvError =>
  phase === "commit"
    ? new KvError(
        "outcome-unknown",
        `The disk failed while ${file} was written, which may have taken effect or not: open the bucket again and look (${String(cause)}).`,
        { cause },
      )
    : new KvError(
        "lost-connection",
        `The disk failed under ${file}; nothing was written. Look at the disk, and try again (${String(cause)}).`,
        { cause },
      );

/** The primary result code; undefined for what SQLite did not throw. */
const codeOf = (cause: unknown): number | undefined =>
  cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number"
    ? cause.errcode & 0xff
    : undefined;
