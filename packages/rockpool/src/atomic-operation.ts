/**
 * Atomic operations as Deno KV builds them: misuse of a builder throws at once; keys, sizes, operands
 * and versionstamps are judged at `commit` (what they come to together, by the host); and an operation can be committed again.
 */
import type { TransportMutation } from "@rockpool/host";
import {
  encodeValue,
  isVersionstamp,
  type Key,
  type KeyToSet,
  KvU64,
  packKeyForWrite,
  packKeyToSet,
  type PackedKey,
  type Versionstamp,
} from "@rockpool/model";
import { lifeOf } from "./expiry.ts";
import type {
  AtomicCheck,
  AtomicOperation,
  CommitFailure,
  CommitOptions,
  CommitResult,
  KvMutation,
  MergeOptions,
  SetOptions,
} from "./kv.ts";
import { encodeForHost } from "./transport.ts";

/** What an operation asks of its bucket. */
export interface CommitAsk {
  readonly checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
  readonly mutations: readonly TransportMutation[];
}

type Commit = (ask: CommitAsk, options: CommitOptions | undefined) => Promise<CommitResult | CommitFailure>;

export class AtomicBuilder implements AtomicOperation {
  readonly #commit: Commit;
  readonly #checks: AtomicCheck[] = [];
  /** Each packs its key when it is committed. */
  readonly #mutations: (() => TransportMutation)[] = [];

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  check(...checks: readonly AtomicCheck[]): this {
    for (const { key, versionstamp } of checks) this.#checks.push({ key: copyOf(key), versionstamp });
    return this;
  }

  mutate(...mutations: readonly KvMutation[]): this {
    for (const mutation of mutations) this.#mutate(mutation);
    return this;
  }

  set(key: KeyToSet, value: unknown, options?: SetOptions): this {
    const content = { value: encodeForHost(value), ...lifeOf(options) };
    const copy = copyOf(key);
    this.#mutations.push(() => ({ type: "set", key: packKeyToSet(copy), ...content }));
    return this;
  }

  delete(key: Key): this {
    const copy = copyOf(key);
    this.#mutations.push(() => ({ type: "delete", key: packKeyForWrite(copy) }));
    return this;
  }

  purge(key: Key): this {
    const copy = copyOf(key);
    this.#mutations.push(() => ({ type: "delete", key: packKeyForWrite(copy), purge: true }));
    return this;
  }

  sum(key: Key, n: bigint): this {
    return this.#combine("sum", key, new KvU64(n));
  }

  min(key: Key, n: bigint): this {
    return this.#combine("min", key, new KvU64(n));
  }

  max(key: Key, n: bigint): this {
    return this.#combine("max", key, new KvU64(n));
  }

  merge(key: Key, update: Uint8Array, { incarnation }: MergeOptions = {}): this {
    const encoded = encodeValue(update);
    if (encoded?.encoding !== "bytes") {
      throw new TypeError(`Invalid merge: an update is a Uint8Array, received ${typeof update}`);
    }
    const copy = copyOf(key);
    const { data } = encoded;
    this.#mutations.push(() => ({
      type: "merge",
      key: packKeyForWrite(copy),
      update: data,
      ...(incarnation === undefined ? {} : { incarnation }),
    }));
    return this;
  }

  async commit(options?: CommitOptions): Promise<CommitResult | CommitFailure> {
    const checks = this.#checks.map(({ key, versionstamp }) => ({
      key: packKeyForWrite(key),
      versionstamp: toVersionstamp(versionstamp),
    }));
    const mutations = this.#mutations.map((mutation) => mutation());
    return this.#commit({ checks, mutations }, options);
  }

  /** An operation is no promise: awaiting one without `commit` is a mistake that would lose it. */
  // oxlint-disable-next-line unicorn/no-thenable -- the trap is the point, as in Deno
  then(): never {
    throw new TypeError("'AtomicOperation' is not a promise: did you forget to call 'commit()'");
  }

  #mutate(mutation: KvMutation): void {
    switch (mutation.type) {
      case "set": {
        assertHasValue(mutation);
        const { key, value, expireIn } = mutation;
        const isLife = typeof expireIn === "number" || expireIn === "never";
        this.set(key, value, isLife ? { expireIn } : {});
        return;
      }
      case "delete":
        if ("value" in mutation && Boolean(mutation.value)) {
          throw new TypeError("Invalid mutation 'delete' with value");
        }
        this.delete(mutation.key);
        return;
      case "sum":
      case "min":
      case "max":
        assertHasValue(mutation);
        this.#combine(mutation.type, mutation.key, mutation.value);
        return;
      case "merge":
        assertHasValue(mutation);
        this.merge(mutation.key, mutation.value, mutation);
        return;
      default:
        throw new TypeError("Invalid mutation type");
    }
  }

  #combine(type: "sum" | "min" | "max", key: Key, operand: unknown): this {
    const copy = copyOf(key);
    this.#mutations.push(() => {
      if (operand instanceof KvU64) return { type, key: packKeyForWrite(copy), operand: operand.value };
      throw new TypeError(
        `Failed to perform '${type}' mutation on a non-U64 operand: received ${typeof operand}; pass a KvU64`,
      );
    });
    return this;
  }
}

/** A key as it is at the call; what is no array is refused when it is packed. */
const copyOf = <T extends KeyToSet>(key: T): T => (Array.isArray(key) ? ([...key] as unknown as T) : key);

const assertHasValue = (mutation: KvMutation): void => {
  if (Object.hasOwn(mutation, "value")) return;
  throw new TypeError(`Invalid mutation '${mutation.type}' without value`);
};

const toVersionstamp = (versionstamp: string | null | undefined): Versionstamp | null => {
  if (versionstamp === null || versionstamp === undefined) return null;
  if (!isVersionstamp(versionstamp)) {
    throw new TypeError(`Invalid check: ${String(versionstamp)} is no versionstamp (20 hex digits)`);
  }
  return versionstamp.toLowerCase() as Versionstamp;
};
