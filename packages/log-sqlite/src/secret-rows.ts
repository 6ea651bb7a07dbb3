/**
 * The secrets of a bucket that stay on the device, as rows of its file: sealed, by packed name, beside
 * the key that seals them. Whoever may read the file can open them.
 */
import { resolve } from "node:path";
import type { PackedKey } from "@rockpool/model";
import { holdFile } from "./held-file.ts";
import { blobToKey, columnsOf, firstColumns, keyToBlob } from "./statements.ts";

export interface SecretRows {
  /** The bytes of the key; undefined when none was made yet. */
  findKey(): Promise<Uint8Array | undefined>;
  /** Keeps `key` unless there is one, and gives the one that is kept. */
  keepKey(key: Uint8Array): Promise<Uint8Array>;
  get(name: PackedKey): Promise<Uint8Array | undefined>;
  /** Survives a power cut once it is fulfilled. */
  set(name: PackedKey, sealed: Uint8Array): Promise<void>;
  delete(name: PackedKey): Promise<void>;
  /** Ascending. */
  names(): Promise<readonly PackedKey[]>;
  close(): void;
}

/** @throws KvError as `openSqliteLog` */
export const openSecretRows = async (file: string): Promise<SecretRows> => {
  const { bucket, release } = await holdFile(resolve(file));
  return {
    findKey: () => bucket.read(({ getSecretKey }) => bytesIn(getSecretKey.get())),
    keepKey: (key) =>
      bucket.write(({ addSecretKey, getSecretKey }) => {
        addSecretKey.run(key);
        return bytesIn(getSecretKey.get()) ?? key;
      }, "strict"),
    get: (name) => bucket.read(({ getSecret }) => bytesIn(getSecret.get(keyToBlob(name)))),
    set: (name, sealed) =>
      bucket.write(({ putSecret }) => void putSecret.run(keyToBlob(name), sealed), "strict"),
    delete: (name) => bucket.write(({ dropSecret }) => void dropSecret.run(keyToBlob(name)), "strict"),
    names: () => bucket.read(({ secretNames }) => firstColumns(secretNames.all()).map(blobToKey)),
    close: release,
  };
};

const bytesIn = (row: unknown): Uint8Array | undefined =>
  row === undefined ? undefined : (columnsOf(row)[0] as Uint8Array);
