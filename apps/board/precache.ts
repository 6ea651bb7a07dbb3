/**
 * Tells the built service worker which files the board consists of: a line in front of its script, so that any
 * change of any file is a change of the script, which is what a browser looks for.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shell } from "./src/pwa/service-worker-scope.ts";

export const serviceWorkerFile = "sw.js";
/** Written by the server's operator: no part of the shell, it may change without it. */
export const configFile = "config.json";

/** Lists the files of a built board in its service worker. */
export const writeShell = (folder: string): void => {
  const shell = readShell(folder);
  const path = join(folder, serviceWorkerFile);
  writeFileSync(path, `self.rockpoolShell = ${JSON.stringify(shell)};\n${readFileSync(path, "utf8")}`);
};

const readShell = (folder: string): Shell => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) =>
      join(item.parentPath, item.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((file) => file !== configFile && !file.endsWith(".map"))
    .toSorted();
  const digest = createHash("sha256");
  for (const file of files) digest.update(file).update(readFileSync(join(folder, file)));
  return {
    version: digest.digest("hex").slice(0, 12),
    files: files.filter((file) => file !== serviceWorkerFile),
  };
};
