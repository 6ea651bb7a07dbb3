/**
 * The buckets of this origin (in Node, of this process): which there are, and deleting one. Needs no
 * bucket to be open.
 */
import { bucketOf, channelOf, databaseOf, KvError, secretsDatabaseOf } from "@rockpool/model";
import { checkBucketName, checkUser } from "./bucket-name.ts";
import { deleteSecretMemory } from "./secrets/secret-memory.ts";
import { within } from "./within.ts";

/** Longest wait for a database to be deleted, in ms, before `blocked`. */
const deleteMsMax = 5000;

/** Whose buckets are meant. Default: those that are nobody's. */
export interface BucketOwner {
  /** As in `openKv`. */
  readonly user?: string;
  /** As in `openKv`: those of this folder, in Node. Default: those in memory there. */
  readonly folder?: string | URL;
}

/**
 * The names of the buckets on this device, ascending: in a browser those of this origin, in Node those
 * that this process has in memory, or those of a folder, open or not. Those of one user, or those that
 * are nobody's.
 * @throws TypeError for a user or folder that cannot be; KvError "unsupported" where the browser cannot
 * list databases, "unavailable" for a folder that cannot be read
 */
export const listBuckets = async ({ user, folder }: BucketOwner = {}): Promise<readonly string[]> => {
  checkUser(user);
  if (folder !== undefined) return (await (await import("#folder")).listFiles(folder, user)).toSorted();
  const databases = await listDatabases();
  return databases.flatMap((database) => bucketOf(database, user) ?? []).toSorted();
};

/**
 * Deletes a bucket from this device, its secrets too; what its relay has stays there. Every tab lets
 * go of it: calls there fail with `destroyed`, and its feeds end so. What was not synced is lost.
 * Deleting what does not exist is harmless.
 * @throws KvError "blocked" when a tab that does not answer (a frozen one) holds it for more than 5 s:
 * try again when that tab is closed; the browser may have carried out the deletion by then. In a folder:
 * at once, when another process has it open. TypeError for a name that cannot be
 */
export const destroyBucket = async (name: string, { user, folder }: BucketOwner = {}): Promise<void> => {
  checkBucketName(name);
  checkUser(user);
  if (folder !== undefined) return (await import("#folder")).destroyInFolder(folder, name, user);
  await destroyDatabase(databaseOf(name, user));
};

/** As {@link destroyBucket}, by its database. */
export const destroyDatabase = async (database: string, msMax: number = deleteMsMax): Promise<void> => {
  const channel = new BroadcastChannel(channelOf(database));
  channel.postMessage({ type: "destroyed" });
  channel.close();
  if (typeof indexedDB === "undefined") {
    const { deleteMemoryDatabase } = await import("./thread-host.ts");
    deleteMemoryDatabase(database);
    deleteSecretMemory(secretsDatabaseOf(database));
    return;
  }
  // Secrets first: should the second deletion fail, the bucket is still listed, and can be destroyed again.
  await deleteDatabase(secretsDatabaseOf(database), msMax);
  await deleteDatabase(database, msMax);
};

const listDatabases = async (): Promise<readonly string[]> => {
  if (typeof indexedDB === "undefined") {
    const { memoryDatabases } = await import("./thread-host.ts");
    return memoryDatabases();
  }
  if (typeof indexedDB.databases !== "function") {
    throw new KvError(
      "unsupported",
      "this browser cannot list its databases; keep the names of buckets yourself",
    );
  }
  // WebKit goes on listing a database whose making was aborted, as one of version 0, which is none.
  const databases = (await indexedDB.databases()).filter(({ version }) => version !== 0);
  return databases.flatMap(({ name }) => name ?? []);
};

const deleteDatabase = (database: string, msMax: number): Promise<void> => {
  const deleting = new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database);
    request.onsuccess = () => resolve();
    request.onerror = () => {
      const message = `the database ${database} could not be deleted; try again`;
      reject(new KvError("unavailable", message, { cause: request.error }));
    };
  });
  const late = (): KvError =>
    new KvError(
      "blocked",
      `the database ${database} was not deleted in ${msMax} ms: another tab holds it open and does not answer; close that tab and try again`,
    );
  return within(deleting, msMax, late);
};
