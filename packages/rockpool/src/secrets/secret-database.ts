/**
 * Where the secrets that stay on the device are kept: a database beside the bucket's, with a key that
 * was made for it and that no code can read out. Opened at the first call.
 */
import { KvError, type PackedKey } from "@rockpool/model";
import { within } from "../within.ts";

/** Sealed secrets by name, and the key they are sealed with. */
export interface SecretStore {
  /** Undefined when there is none: nothing was sealed yet, or the key is gone. */
  findKey(): Promise<CryptoKey | undefined>;
  /** The key to seal with, made when there is none. */
  mustGetKey(): Promise<CryptoKey>;
  get(name: PackedKey): Promise<Uint8Array | undefined>;
  set(name: PackedKey, sealed: Uint8Array<ArrayBuffer>): Promise<void>;
  delete(name: PackedKey): Promise<void>;
  names(): Promise<readonly PackedKey[]>;
  close(): void;
}

/** Written to disk: never change. */
const databaseVersion = 1;
const keyName = "key";
/** Longest wait for the database, in ms. */
const openMsMax = 5000;

/** In IndexedDB. */
export class SecretDatabase implements SecretStore {
  readonly #name: string;
  #opening: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  findKey(): Promise<CryptoKey | undefined> {
    return this.#run("keys", "readonly", (store) => store.get(keyName) as IDBRequest<CryptoKey | undefined>);
  }

  async mustGetKey(): Promise<CryptoKey> {
    const found = await this.findKey();
    if (found !== undefined) return found;
    // Before the transaction: it would end while the key is made.
    const made = await generateKey();
    return this.#run("keys", "readwrite", (store) => {
      const found = store.get(keyName) as IDBRequest<CryptoKey | undefined>;
      // Another tab may have made one meanwhile.
      const result = { result: made };
      found.onsuccess = () => {
        if (found.result === undefined) store.put(made, keyName);
        else result.result = found.result;
      };
      return result;
    });
  }

  get(name: PackedKey): Promise<Uint8Array | undefined> {
    return this.#run("secrets", "readonly", (store) => store.get(name) as IDBRequest<Uint8Array | undefined>);
  }

  async set(name: PackedKey, sealed: Uint8Array): Promise<void> {
    await this.#run("secrets", "readwrite", (store) => store.put(sealed, name));
  }

  async delete(name: PackedKey): Promise<void> {
    await this.#run("secrets", "readwrite", (store) => store.delete(name));
  }

  names(): Promise<readonly PackedKey[]> {
    return this.#run(
      "secrets",
      "readonly",
      (store) => store.getAllKeys() as IDBRequest<unknown> as IDBRequest<PackedKey[]>,
    );
  }

  close(): void {
    this.#opening?.then((database) => database.close()).catch(() => undefined);
    this.#opening = undefined;
  }

  /** One transaction; the result counts once it is complete. */
  async #run<T>(
    storeName: "keys" | "secrets",
    mode: IDBTransactionMode,
    request: (store: IDBObjectStore) => { readonly result: T },
  ): Promise<T> {
    const database = await this.#open();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(storeName, mode, { durability: "strict" });
        const answer = request(transaction.objectStore(storeName));
        transaction.oncomplete = () => resolve(answer.result);
        transaction.onabort = () => reject(storageError(transaction.error));
      });
    } catch (cause) {
      // The handle may be dead; the next call opens another.
      this.close();
      throw cause instanceof KvError ? cause : storageError(cause);
    }
  }

  #open(): Promise<IDBDatabase> {
    if (this.#opening !== undefined) return this.#opening;
    const late = (): KvError =>
      new KvError("unavailable", `the secrets of this bucket did not open in ${openMsMax} ms; try again`);
    const opening = within(
      openDatabase(this.#name, () => this.close()),
      openMsMax,
      late,
    );
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }
}

const generateKey = (): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

const openDatabase = (name: string, onLost: () => void): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name, databaseVersion);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys");
      request.result.createObjectStore("secrets");
    };
    request.onsuccess = () => {
      const database = request.result;
      // Whoever wants it gone may have it.
      database.onversionchange = database.onclose = () => {
        database.close();
        onLost();
      };
      resolve(database);
    };
    request.onerror = () => reject(storageError(request.error));
  });

const storageError = (cause: unknown): KvError => {
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  return isFull
    ? new KvError("quota", "The device has no room; the secret was not written.", { cause })
    : new KvError("unavailable", "The secrets of this bucket cannot be read or written now.", { cause });
};
