/**
 * What `openKv` and its like ask of a folder of bucket files. Node has it; elsewhere all of it refuses.
 * Which of the two `#folder` leads to, package.json says, so that no page loads any of it.
 */
import type { HostApi } from "@rockpool/host";
import type { OpenOptions } from "../open-options.ts";
import type { SecretStore } from "../secrets/secret-database.ts";
import type { StorageReport } from "../storage.ts";

export interface FolderStorage {
  /**
   * A host for one bucket of a folder, which is made when it is new, and the bucket's file: its absolute
   * path, which is the name of its database.
   * @throws TypeError for a folder, name or option that cannot be; KvError "unavailable"
   */
  createFolderHost(
    bucket: string,
    options: OpenOptions,
  ): Promise<{ readonly api: HostApi; readonly file: string }>;
  /** The names of the buckets in a folder; none where there is no folder. @throws as `listBuckets` */
  listFiles(folder: string | URL, user: string | undefined): Promise<readonly string[]>;
  /** Deletes a bucket's file. @throws as `destroyBucket` */
  destroyInFolder(folder: string | URL, bucket: string, user: string | undefined): Promise<void>;
  /** As `destroyInFolder`, by its file. */
  destroyFile(file: string): Promise<void>;
  fileReport(file: string): StorageReport;
  secretsInFile(file: string): Promise<SecretStore>;
}
