/**
 * What concerns a bucket's file as a whole: what it takes up, and its end.
 */
import { existsSync, statSync } from "node:fs";
import { holdFile, reserveFileOf } from "./bucket-file.ts";

/** Bytes of a bucket's files on disk: its own, the write-ahead log and the room put aside. */
export const sqliteFileBytes = (file: string): number =>
  [file, `${file}-wal`, reserveFileOf(file)].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

/**
 * Deletes a bucket's file; logs of this process that have it open fail with `destroyed` from then on.
 * One that does not exist is let be. @throws KvError "blocked" while another process has it open; as `openSqliteLog`
 */
export const destroySqliteFile = async (file: string): Promise<void> => {
  if (!existsSync(file)) return;
  const { bucket, release } = await holdFile(file);
  bucket.destroy();
  release();
};
