/**
 * `kv.secrets` as an app sees it, before its code is loaded: each call loads it, once.
 */
import type { Key } from "@rockpool/model";
import { readonlyError } from "../readonly-error.ts";

/** A key of the app's for secrets that are synced: AES-GCM, usable to encrypt and decrypt. */
export interface SecretsOptions {
  readonly key: CryptoKey;
  /** Says that sealed secrets may leave the device; without `secrets` none does. */
  readonly sync: true;
}

/** Values sealed with AES-GCM, each bound to its key: plain JSON data, Uint8Arrays and KvU64s. */
export interface Secrets {
  /** Null when there is none. @throws KvError "sealed" when it was changed, or its key is another or gone */
  get<T = unknown>(key: Key): Promise<T | null>;
  /** @throws TypeError for other values; KvError "readonly" | "quota" | "unavailable" */
  set(key: Key, value: unknown): Promise<void>;
  delete(key: Key): Promise<void>;
  /** The keys of all secrets, in order. Keys are not sealed. */
  list(): Promise<readonly Key[]>;
}

export const lazySecrets = (load: () => Promise<Secrets>, isReadonly: boolean): Secrets => {
  const loadToWrite = (): Promise<Secrets> => (isReadonly ? Promise.reject(readonlyError()) : load());
  return {
    get: async <T = unknown>(key: Key) => (await load()).get<T>(key),
    set: async (key, value) => (await loadToWrite()).set(key, value),
    delete: async (key) => (await loadToWrite()).delete(key),
    list: async () => (await load()).list(),
  };
};
