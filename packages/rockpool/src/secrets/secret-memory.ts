/**
 * Where the secrets of buckets in memory are kept: by database, for as long as the process lives.
 */
import type { PackedKey } from "@rockpool/model";
import type { SecretStore } from "./secret-database.ts";

/** The secrets of a database; those who ask for the same share them. */
export const secretMemoryOf = (database: string): SecretStore => {
  let memory = memoryByDatabase.get(database);
  if (memory === undefined) {
    memory = new SecretMemory();
    memoryByDatabase.set(database, memory);
  }
  return memory;
};

export const deleteSecretMemory = (database: string): void => {
  memoryByDatabase.delete(database);
};

class SecretMemory implements SecretStore {
  readonly #sealedByName = new Map<PackedKey, Uint8Array>();
  #key: Promise<CryptoKey> | undefined;

  async findKey(): Promise<CryptoKey | undefined> {
    return this.#key;
  }

  mustGetKey(): Promise<CryptoKey> {
    this.#key ??= crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return this.#key;
  }

  async get(name: PackedKey): Promise<Uint8Array | undefined> {
    return this.#sealedByName.get(name);
  }

  async set(name: PackedKey, sealed: Uint8Array): Promise<void> {
    this.#sealedByName.set(name, sealed);
  }

  async delete(name: PackedKey): Promise<void> {
    this.#sealedByName.delete(name);
  }

  async names(): Promise<readonly PackedKey[]> {
    return [...this.#sealedByName.keys()].toSorted();
  }

  close(): void {
    // Others of the process may have it open.
  }
}

const memoryByDatabase = new Map<string, SecretStore>();
