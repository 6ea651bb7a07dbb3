/**
 * Room put aside for when the disk is full. SQLite must write even to delete, into its write-ahead log;
 * so the reserve is a file of its own, which goes without a write and leaves its bytes to what deletes.
 */
import { randomFillSync } from "node:crypto";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { KvError } from "@rockpool/model";
import { reserveFileOf } from "./bucket-file.ts";
import { unavailableError } from "./storage-fault.ts";

/** Puts aside `bytes` at least. @throws KvError "quota" when there is not so much */
export const writeReserve = (file: string, bytes: number): void => {
  const reserve = reserveFileOf(file);
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

/** False when nothing was put aside. */
export const dropReserve = (file: string): boolean => {
  const reserve = reserveFileOf(file);
  const isKept = sizeOf(reserve) > 0;
  rmSync(reserve, { force: true });
  return isKept;
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const isFull = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
