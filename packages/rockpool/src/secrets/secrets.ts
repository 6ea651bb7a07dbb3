/**
 * `kv.secrets` at work; loaded at its first call. Values are sealed before they are stored: with a key
 * of the device's own in a database that is never synced, or, when the app brings a key, in the bucket
 * itself, where they are synced like everything else and the relay sees sealed bytes and names.
 */
import {
  type Key,
  KvError,
  packKey,
  type PackedKey,
  packKeyForWrite,
  secretsDatabaseOf,
  unpackKey,
} from "@rockpool/model";
import type { BucketEngine } from "../bucket-place.ts";
import type { Kv } from "../kv.ts";
import type { Secrets, SecretsOptions } from "./lazy-secrets.ts";
import { seal, unseal } from "./sealing.ts";
import { SecretDatabase, type SecretStore } from "./secret-database.ts";
import { secretMemoryOf } from "./secret-memory.ts";

/** The first part of the keys of secrets that are synced. Stored and synced: never change it. */
export const secretsPrefix = "rockpool:secrets";

export interface SecretsPlace {
  readonly kv: Pick<Kv, "get" | "set" | "delete" | "keys">;
  /** The bucket's database: secrets that stay here are beside it. */
  readonly database: string;
  readonly engine: BucketEngine;
  readonly options: SecretsOptions | undefined;
}

/** @throws KvError "unavailable" when this page has no WebCrypto; in a folder, as it is opened */
export const openSecrets = async (place: SecretsPlace): Promise<Secrets & { close(): void }> => {
  if (globalThis.crypto?.subtle === undefined) {
    throw new KvError(
      "unavailable",
      "this page has no WebCrypto, which secrets need; serve it over https or from localhost",
    );
  }
  return new SealedSecrets(await storeOf(place));
};

class SealedSecrets implements Secrets {
  readonly #store: SecretStore;

  constructor(store: SecretStore) {
    this.#store = store;
  }

  async get<T = unknown>(key: Key): Promise<T | null> {
    const name = packKey(key);
    const sealed = await this.#store.get(name);
    if (sealed === undefined) return null;
    const sealingKey = await this.#store.findKey();
    if (sealingKey === undefined) {
      throw new KvError(
        "sealed",
        `the key of this device's secrets is gone, and ${JSON.stringify(key.map(String))} opens with no other; delete the secret or set it anew`,
      );
    }
    return (await unseal(sealingKey, name, sealed)) as T;
  }

  async set(key: Key, value: unknown): Promise<void> {
    const name = packKeyForWrite(key);
    await this.#store.set(name, await seal(await this.#store.mustGetKey(), name, value));
  }

  async delete(key: Key): Promise<void> {
    await this.#store.delete(packKeyForWrite(key));
  }

  async list(): Promise<readonly Key[]> {
    return (await this.#store.names()).map((name) => unpackKey(name));
  }

  close(): void {
    this.#store.close();
  }
}

/** In the bucket, under {@link secretsPrefix}, with the app's key. */
class SecretBucket implements SecretStore {
  readonly #kv: SecretsPlace["kv"];
  readonly #key: CryptoKey;

  constructor(kv: SecretsPlace["kv"], key: CryptoKey) {
    this.#kv = kv;
    this.#key = key;
  }

  async findKey(): Promise<CryptoKey> {
    return this.#key;
  }

  async mustGetKey(): Promise<CryptoKey> {
    return this.#key;
  }

  async get(name: PackedKey): Promise<Uint8Array | undefined> {
    const { key, value } = await this.#kv.get(placeOf(name));
    if (value === null || value instanceof Uint8Array) return value ?? undefined;
    throw new KvError("sealed", `what stands under ${JSON.stringify(key.map(String))} is no sealed secret`);
  }

  async set(name: PackedKey, sealed: Uint8Array): Promise<void> {
    await this.#kv.set(placeOf(name), sealed);
  }

  async delete(name: PackedKey): Promise<void> {
    await this.#kv.delete(placeOf(name));
  }

  async names(): Promise<readonly PackedKey[]> {
    const names: PackedKey[] = [];
    for await (const [, ...key] of this.#kv.keys({ prefix: [secretsPrefix] })) names.push(packKey(key));
    return names;
  }

  close(): void {
    // It is the bucket's to close.
  }
}

const placeOf = (name: PackedKey): Key => [secretsPrefix, ...unpackKey(name)];

const storeOf = async ({ kv, database, engine, options }: SecretsPlace): Promise<SecretStore> => {
  if (options !== undefined) return new SecretBucket(kv, options.key);
  switch (engine) {
    case "indexeddb":
      return new SecretDatabase(secretsDatabaseOf(database));
    case "memory":
      return secretMemoryOf(secretsDatabaseOf(database));
    case "sqlite":
      return (await import("#folder")).secretsInFile(database);
  }
};
