/**
 * Folders of bucket files in Node: each bucket is one SQLite file, and its absolute path is the name of
 * its database, so that locks and notices of equal names in two folders are apart.
 */
import { mkdir, readdir, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { platformEnvironment, serveHost } from "@rockpool/host";
import { destroySqliteFile, openSecretRows, openSqliteLog, sqliteFileBytes } from "@rockpool/log-sqlite";
import { KvError } from "@rockpool/model";
import { privateName } from "../bucket-name.ts";
import { bucketOfFile, fileNameOf } from "./file-name.ts";
import type { FolderStorage } from "./folder-storage.ts";
import { SecretFile } from "./secret-file.ts";

export const createFolderHost: FolderStorage["createFolderHost"] = async (bucket, options) => {
  const { folder, user, placement = "auto", worker } = options;
  const path = pathOf(folder);
  if (bucket === privateName) {
    throw new TypeError(`"${privateName}" is in memory and stands in no folder: leave the option folder out`);
  }
  if (placement === "worker" || worker !== undefined) {
    throw new TypeError(
      'a bucket in a folder is on the caller\'s own thread: leave out placement: "worker" and worker',
    );
  }
  const fileName = fileNameOf(bucket, user);
  const api = serveHost({
    environment: platformEnvironment(),
    openLog: (file, onEnd) => openSqliteLog(file, { onEnd }),
  });
  return { api, file: join(await madeFolder(path), fileName) };
};

export const listFiles: FolderStorage["listFiles"] = async (folder, user) => {
  const path = pathOf(folder);
  try {
    return (await readdir(path)).flatMap((name) => bucketOfFile(name, user) ?? []);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw unavailable(path, cause);
  }
};

export const destroyInFolder: FolderStorage["destroyInFolder"] = async (folder, bucket, user) => {
  const fileName = fileNameOf(bucket, user);
  const path = pathOf(folder);
  try {
    await destroySqliteFile(join(await realpath(path), fileName));
  } catch (cause) {
    if (cause instanceof KvError) throw cause;
    if (!isMissing(cause)) throw unavailable(path, cause);
  }
};

export const destroyFile: FolderStorage["destroyFile"] = destroySqliteFile;

/** Nobody but the app's owner deletes files; what a disk has left is not the bucket's. */
export const fileReport: FolderStorage["fileReport"] = (file) => ({
  persisted: true,
  usage: sqliteFileBytes(file),
  quota: null,
});

export const secretsInFile: FolderStorage["secretsInFile"] = async (file) =>
  new SecretFile(await openSecretRows(file));

const pathOf = (folder: unknown): string => {
  if (folder instanceof URL && folder.protocol === "file:") return fileURLToPath(folder);
  if (typeof folder === "string" && folder.startsWith("file:")) {
    throw new TypeError(
      `folder must be a path or a file: URL: received ${folder} as text; pass new URL("${folder}")`,
    );
  }
  if (typeof folder === "string" && folder !== "") return resolve(folder);
  throw new TypeError(
    `folder must be a path or a file: URL: received ${String(folder) || "an empty string"}`,
  );
};

/** By one path, whichever leads to it: what shares a file must know that it does. */
const madeFolder = async (path: string): Promise<string> => {
  try {
    await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (cause) {
    throw unavailable(path, cause);
  }
};

const unavailable = (path: string, cause: unknown): KvError =>
  new KvError(
    "unavailable",
    `the folder ${path} cannot be made or read: it must be a folder that this process may read and write (${String(cause)})`,
    { cause },
  );

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT";
