/**
 * A disk of a few megabytes, which a test can fill: made of memory, by root on Linux alone.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk extends Disposable {
  readonly folder: string;
}

/** Undefined where none can be made. */
export const makeSmallDisk = (megabytes: number): SmallDisk | undefined => {
  const folder = mkdtempSync(join(tmpdir(), "rockpool-small-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "rockpool", folder]);
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    [Symbol.dispose]: () => {
      // Lazily: a test that failed may have left a file open.
      spawnSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true });
    },
  };
};
