/**
 * Folders of bucket files where there are none: in browsers.
 */
import type { FolderStorage } from "./folder-storage.ts";

const refuse = (): never => {
  throw new TypeError(
    "the option folder is for Node, which keeps buckets in files; leave it out here, where the browser keeps them",
  );
};

export const createFolderHost: FolderStorage["createFolderHost"] = refuse;
export const listFiles: FolderStorage["listFiles"] = refuse;
export const destroyInFolder: FolderStorage["destroyInFolder"] = refuse;
export const destroyFile: FolderStorage["destroyFile"] = refuse;
export const fileReport: FolderStorage["fileReport"] = refuse;
export const secretsInFile: FolderStorage["secretsInFile"] = refuse;
