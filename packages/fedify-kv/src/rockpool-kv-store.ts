/**
 * Fedify's `KvStore` over a Rockpool bucket. The constructor opens nothing: the bucket is opened by the
 * first call. Where Fedify's own stores disagree, this one does what satisfies all that is built on any.
 * @see https://fedify.dev/manual/kv
 */
import { isEqual } from "es-toolkit";
import { type Key, type Kv, openKv, type OpenOptions } from "rockpool";
import { msOfTtl, type TtlLike } from "./ttl.ts";

/** As Fedify's `KvKey`: one string or more. */
export type FedifyKey = readonly [string] | readonly [string, ...string[]];

/** As Fedify's `KvStoreListEntry`. */
export interface StoredEntry {
  readonly key: FedifyKey;
  readonly value: unknown;
}

/** A bucket, one that is being opened, or what opens it: called once, by the first call of the store. */
export type KvSource = Kv | Promise<Kv> | (() => Kv | Promise<Kv>);

export interface RockpoolKvStoreOptions {
  /** What the keys of the store begin with in its bucket. Default: `["fedify"]`. */
  readonly prefix?: readonly string[];
  /**
   * What `cas` answers by. "local": by this process's copy, also offline. "relay": by the relay's ruling,
   * so that of several processes that race one wins; rejects with a KvError "offline" where there is no
   * session. Default "local".
   */
  readonly confirm?: "local" | "relay";
  /** What the bucket is opened with, where the store opens it by its name. */
  readonly open?: OpenOptions;
}

/** As Fedify's `KvStoreSetOptions`. */
interface SetOptions {
  readonly ttl?: TtlLike;
}

export class RockpoolKvStore implements AsyncDisposable {
  readonly #source: () => Kv | Promise<Kv>;
  /** A bucket that the store opened is the store's to close. */
  readonly #isOwn: boolean;
  readonly #prefix: readonly string[];
  readonly #confirm: "local" | "relay";
  #kv: Promise<Kv> | undefined;

  /** `bucket`: its name, which the store opens and closes, or the bucket, which it leaves open. */
  constructor(bucket: string | KvSource = "fedify", options: RockpoolKvStoreOptions = {}) {
    const { prefix = ["fedify"], confirm = "local", open } = options;
    this.#isOwn = typeof bucket === "string";
    this.#source =
      typeof bucket === "string"
        ? () => openKv(bucket, open)
        : typeof bucket === "function"
          ? bucket
          : () => bucket;
    this.#prefix = prefix;
    this.#confirm = confirm;
    if (bucket instanceof Promise) {
      bucket.catch(() => {
        // The first call tells of it.
      });
    }
  }

  /** What stands under the key; undefined when nothing does, or its life is over. */
  async get<T = unknown>(key: FedifyKey): Promise<T | undefined> {
    const { value, versionstamp } = await (await this.#open()).get<T>(this.#keyOf(key));
    return versionstamp === null ? undefined : (value as T);
  }

  /** Replaces the value and its life; one that is undefined leaves nothing. */
  async set(key: FedifyKey, value: unknown, options?: SetOptions): Promise<void> {
    if (value === undefined) return this.delete(key);
    const life = lifeOf(options);
    await (await this.#open()).set(this.#keyOf(key), value, life);
  }

  async delete(key: FedifyKey): Promise<void> {
    await (await this.#open()).delete(this.#keyOf(key));
  }

  /**
   * Replaces the value if it is `expected`, by its content; undefined stands for an entry that is not
   * there, and as the new value for one that is not to be. True when it was replaced.
   * @throws KvError "offline" with `confirm: "relay"` and no session with the relay
   */
  async cas(key: FedifyKey, expected: unknown, replacement: unknown, options?: SetOptions): Promise<boolean> {
    const kv = await this.#open();
    const stored = this.#keyOf(key);
    const life = lifeOf(options);
    for (;;) {
      const entry = await kv.get(stored);
      const current = entry.versionstamp === null ? undefined : entry.value;
      if (!isEqual(current, expected)) return false;
      const swap = kv.atomic().check(entry);
      if (replacement === undefined) swap.delete(stored);
      else swap.set(stored, replacement, life);
      // Who was overtaken looks again: what stands there now may be what is expected.
      if ((await swap.commit({ confirm: this.#confirm })).ok) return true;
    }
  }

  /** The entry of the key itself, if there is one, and all below it, in key order; without a prefix all there are. */
  async *list(prefix: FedifyKey | readonly [] = []): AsyncIterable<StoredEntry> {
    const kv = await this.#open();
    const [first] = prefix;
    const key = [...this.#prefix, ...prefix];
    if (first !== undefined) {
      const own = await kv.get(key);
      if (own.versionstamp !== null) yield { key: prefix as FedifyKey, value: own.value };
    }
    for await (const entry of kv.list({ prefix: key })) {
      yield { key: entry.key.slice(this.#prefix.length) as unknown as FedifyKey, value: entry.value };
    }
  }

  /** Closes the bucket if the store opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOwn && this.#kv !== undefined) await (await this.#kv)[Symbol.asyncDispose]();
  }

  #keyOf(key: FedifyKey): Key {
    return [...this.#prefix, ...key];
  }

  /** A bucket that could not be opened is opened anew by the next call. */
  async #open(): Promise<Kv> {
    this.#kv ??= Promise.resolve(this.#source());
    try {
      return await this.#kv;
    } catch (error) {
      this.#kv = undefined;
      throw error;
    }
  }
}

const lifeOf = (options: SetOptions | undefined): { readonly expireIn: number | "never" } => ({
  expireIn: options?.ttl === undefined ? "never" : msOfTtl(options.ttl, Date.now()),
});
