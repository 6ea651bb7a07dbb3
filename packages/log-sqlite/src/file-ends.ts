/**
 * What concerns a bucket's file as a whole: what it takes up, and its end.
 */
import { existsSync, statSync } from "node:fs";
import { KvError, type KvErrorCode } from "@rockpool/model";
import { removeFiles, reserveFileOf } from "./bucket-file.ts";
import { holdFile } from "./held-file.ts";

/** Bytes of a bucket's files on disk: its own, the write-ahead log and the room put aside. */
export const sqliteFileBytes = (file: string): number =>
  [file, `${file}-wal`, reserveFileOf(file)].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

/**
 * Deletes a bucket's file, a damaged one too; logs of this process that have it open fail with `destroyed`
 * from then on. One that does not exist is let be.
 * @throws KvError "blocked" while another process has it open; "unavailable", also for what is no bucket
 */
export const destroySqliteFile = async (file: string): Promise<void> => {
  if (!existsSync(file)) return;
  try {
    const { destroy, release } = await holdFile(file);
    destroy();
    release();
  } catch (error) {
    // Nobody has it: its first page could be read, or there is none.
    if (!(error instanceof KvError) || !unreadable.includes(error.code)) throw error;
    removeFiles(file);
  }
};

const unreadable: readonly KvErrorCode[] = ["corrupt", "newer-format"];
