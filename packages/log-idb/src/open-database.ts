/**
 * Opens a bucket's database, or says within a bounded time why not. An open request can hang without
 * an event (a frozen tab), and WebKit knows databases that open and then answer nothing: so the first
 * read is part of opening. A database that arrives too late is closed at once.
 * @see https://github.com/WebKit/WebKit/pull/73930
 */
import { KvError } from "@rockpool/model";
import { wrap } from "idb";
import type { IDBPDatabase } from "idb";
import { createStores, databaseVersion, identityKey } from "./schema.ts";
import type { LogSchema } from "./schema.ts";
import { Watchdog } from "./watchdog.ts";

/** A database handle. */
export interface Handle {
  readonly database: IDBPDatabase<LogSchema>;
  /** Aborts when the browser closes the handle: cleared site data, a crash of its storage. */
  readonly lost: AbortSignal;
  /** Tells this database from one of the same name that was made after it was deleted. */
  readonly identity: unknown;
}

export interface OpenRequest {
  readonly databaseName: string;
  readonly indexedDB: IDBFactory;
  /** When false, a database that does not exist is not made: it was evicted, and so was what it held. */
  readonly mayCreate: boolean;
  readonly msMax: number;
  /** Hears when somebody asks for the database to be deleted; the handle lets go of it. */
  readonly onDeletion: () => void;
}

/** Rejects with a KvError where the reason is clear, else with what IndexedDB gave. */
export const openDatabase = (request: OpenRequest): Promise<Handle> => {
  const opening = openAndIdentify(request);
  const watchdog = new Watchdog(request.msMax);
  return new Promise((resolve, reject) => {
    watchdog.watch((cause) => {
      opening.then(({ database }) => database.close(), ignore);
      const message = `The bucket did not open in ${request.msMax} ms: close the site's other tabs, or restart the browser.`;
      reject(new KvError("stalled", message, { cause }));
    });
    opening.finally(() => watchdog.stop()).then(resolve, reject);
  });
};

/** The bucket that a handle had open exists no more, and nobody asked for that; its replica must begin anew. */
export const evictedError = (options?: ErrorOptions): KvError =>
  new KvError(
    "evicted",
    "The browser deleted this site's data while the bucket was open, and what it held is gone from this device: open it again to begin anew, and with persist: true to ask that it be kept.",
    options,
  );

const openAndIdentify = async (open: OpenRequest): Promise<Handle> => {
  const { databaseName, indexedDB, mayCreate, onDeletion } = open;
  const request = indexedDB.open(databaseName, databaseVersion);
  request.addEventListener("upgradeneeded", () => {
    if (mayCreate) createStores(request.result, randomIdentity());
    else request.transaction?.abort();
  });
  const database = await openedBy(request, mayCreate);
  const lost = new AbortController();
  // Whoever wants the database gone may have it; our next transaction finds the handle closing.
  database.addEventListener("versionchange", ({ newVersion }) => {
    database.close();
    if (newVersion === null) onDeletion();
  });
  database.addEventListener("close", () =>
    lost.abort(new DOMException("Closed by the browser.", "AbortError")),
  );
  try {
    return { database, lost: lost.signal, identity: await database.get("meta", identityKey) };
  } catch (cause) {
    database.close();
    throw cause;
  }
};

const openedBy = async (request: IDBOpenDBRequest, mayCreate: boolean): Promise<IDBPDatabase<LogSchema>> => {
  let wasMissing = false;
  request.addEventListener("upgradeneeded", () => {
    wasMissing = true;
  });
  try {
    return (await wrap(request)) as unknown as IDBPDatabase<LogSchema>;
  } catch (cause) {
    throw wasMissing && !mayCreate ? evictedError({ cause }) : cause;
  }
};

/** Not `randomUUID`, which pages without HTTPS lack. */
const randomIdentity = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

const ignore = (): void => {};
