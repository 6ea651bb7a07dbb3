/**
 * Room put aside for when the disk is full. SQLite must write even to delete, into its write-ahead log,
 * and must have room for what stands there already before the log can begin again. So the reserve is a
 * file of its own, which goes without a write, and is larger than asked by what the log may hold.
 */
import { randomFillSync } from "node:crypto";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { KvError } from "@rockpool/model";
import { reserveFileOf } from "./bucket-file.ts";
import { walBytes } from "./schema.ts";
import { unavailableError } from "./storage-fault.ts";

/** Puts aside `bytesAsked` at least. @throws KvError "quota" when there is not so much */
export const writeReserve = (file: string, bytesAsked: number): void => {
  const reserve = reserveFileOf(file);
  const bytes = bytesAsked + walBytes;
  if (sizeOf(reserve) >= bytes) return;
  try {
    // Random, so that no storage can make them smaller.
    writeFileSync(reserve, randomFillSync(new Uint8Array(bytes)));
  } catch (cause) {
    rmSync(reserve, { force: true });
    if (!isFull(cause)) throw unavailableError(reserve, cause);
    throw new KvError("quota", `There is no room to put aside for ${file}.`, { cause });
  }
};

/** Leaves the room to the write-ahead log. False when nothing was put aside. */
export const dropReserve = (file: string): boolean => {
  const reserve = reserveFileOf(file);
  const isKept = sizeOf(reserve) > 0;
  rmSync(reserve, { force: true });
  return isKept;
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const isFull = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
