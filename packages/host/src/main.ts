/**
 * A host on the caller's own thread: for Node, and for pages that cannot have a worker. With
 * IndexedDB where there is one; else in memory, shared by all that open the name in this process.
 */
import { type Log, MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import type { HostSettings } from "./host.ts";
import type { HostApi } from "./host-api.ts";
import { platformEnvironment } from "./platform.ts";
import { serveHost } from "./serve.ts";

/** A bucket's storage for as long as the process lives, by database name. */
const storageByDatabase = new Map<string, MemoryStorage>();

/** The surface of a host on this thread. `storage`: where logs are kept. */
export const createMainHost = (storage: "indexeddb" | "memory", settings?: HostSettings): HostApi =>
  serveHost({
    environment: platformEnvironment(),
    openLog: storage === "indexeddb" ? (database) => openIdbLog(database) : openSharedMemoryLog,
    ...(settings === undefined ? {} : { settings }),
  });

const openSharedMemoryLog = (database: string): Promise<Log> => {
  let storage = storageByDatabase.get(database);
  if (storage === undefined) {
    storage = new MemoryStorage();
    storageByDatabase.set(database, storage);
  }
  return openMemoryLog(storage);
};
