/**
 * The secrets of a bucket in a folder. Node has no place for a key that no code can read: it stands in
 * the bucket's file, beside what it seals, and the file's owner alone may read that.
 */
import type { SecretRows } from "@rockpool/log-sqlite";
import type { PackedKey } from "@rockpool/model";
import type { SecretStore } from "../secrets/secret-database.ts";

const keyBytes = 32;

export class SecretFile implements SecretStore {
  readonly #rows: SecretRows;

  constructor(rows: SecretRows) {
    this.#rows = rows;
  }

  async findKey(): Promise<CryptoKey | undefined> {
    const key = await this.#rows.findKey();
    return key === undefined ? undefined : importKey(key);
  }

  async mustGetKey(): Promise<CryptoKey> {
    const drawn = crypto.getRandomValues(new Uint8Array(keyBytes));
    return importKey((await this.#rows.findKey()) ?? (await this.#rows.keepKey(drawn)));
  }

  get(name: PackedKey): Promise<Uint8Array | undefined> {
    return this.#rows.get(name);
  }

  set(name: PackedKey, sealed: Uint8Array): Promise<void> {
    return this.#rows.set(name, sealed);
  }

  delete(name: PackedKey): Promise<void> {
    return this.#rows.delete(name);
  }

  names(): Promise<readonly PackedKey[]> {
    return this.#rows.names();
  }

  close(): void {
    this.#rows.close();
  }
}

const importKey = (key: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new Uint8Array(key), "AES-GCM", false, ["encrypt", "decrypt"]);
