/**
 * A host on the caller's own thread: for Node, and for pages that cannot have a worker. With
 * IndexedDB where there is one; else in memory, shared by all that open the name in this process or
 * private to who opened it.
 */
import { type Log, MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import type { HostSettings } from "./host.ts";
import type { HostApi } from "./host-api.ts";
import { platformEnvironment } from "./platform.ts";
import { serveHost, type ServeOptions } from "./serve.ts";

/** A bucket's storage for as long as the process lives, by database name. */
const storageByDatabase = new Map<string, MemoryStorage>();

/** Where logs are kept. - `memory`: for as long as the process lives. - `private`: as long as the host. */
export type MainStorage = "indexeddb" | "memory" | "private";

/** The surface of a host on this thread. */
export const createMainHost = (storage: MainStorage, settings?: HostSettings): HostApi =>
  serveHost({
    environment: platformEnvironment(),
    openLog: openLogIn[storage],
    ...(settings === undefined ? {} : { settings }),
  });

/** The databases that this process holds in memory. */
export const memoryDatabases = (): readonly string[] => [...storageByDatabase.keys()];

/** Forgets a database; hosts that have it open are to be told. */
export const deleteMemoryDatabase = (database: string): void => {
  storageByDatabase.delete(database);
};

const openSharedMemoryLog = (database: string): Promise<Log> => {
  let storage = storageByDatabase.get(database);
  if (storage === undefined) {
    storage = new MemoryStorage();
    storageByDatabase.set(database, storage);
  }
  return openMemoryLog(storage);
};

const openLogIn: Record<MainStorage, ServeOptions["openLog"]> = {
  indexeddb: (database, onEnd) => openIdbLog(database, { onEnd }),
  memory: openSharedMemoryLog,
  private: () => openMemoryLog(new MemoryStorage()),
};
