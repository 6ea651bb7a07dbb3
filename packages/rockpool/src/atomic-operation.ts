/**
 * Atomic operations as Deno KV builds them: misuse of a builder throws at once, keys and sizes are
 * judged at `commit`, and an operation can be committed again.
 */
import type { TransportMutation } from "@rockpool/host";
import {
  checkCommitLimits,
  isVersionstamp,
  type Key,
  KvU64,
  type Mutation,
  packKey,
  packKeyForWrite,
  type PackedKey,
  type Versionstamp,
} from "@rockpool/model";
import { lifeOf } from "./expiry.ts";
import type { AtomicCheck, AtomicOperation, CommitFailure, CommitResult, SetOptions } from "./kv.ts";
import { encodeForHost } from "./transport.ts";

/** What an operation asks of its bucket. */
export interface CommitAsk {
  readonly checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
  readonly mutations: readonly TransportMutation[];
}

type Step = Unkeyed<TransportMutation> & { readonly key: Key };
type Unkeyed<T> = T extends TransportMutation ? Omit<T, "key"> : never;

export class AtomicBuilder implements AtomicOperation {
  readonly #commit: (ask: CommitAsk) => Promise<CommitResult | CommitFailure>;
  readonly #checks: AtomicCheck[] = [];
  readonly #steps: Step[] = [];

  constructor(commit: (ask: CommitAsk) => Promise<CommitResult | CommitFailure>) {
    this.#commit = commit;
  }

  check(...checks: readonly AtomicCheck[]): this {
    for (const { key, versionstamp } of checks) this.#checks.push({ key: [...key], versionstamp });
    return this;
  }

  set(key: Key, value: unknown, options?: SetOptions): this {
    this.#steps.push({ type: "set", key, value: encodeForHost(value), ...lifeOf(options) });
    return this;
  }

  delete(key: Key): this {
    this.#steps.push({ type: "delete", key });
    return this;
  }

  sum(key: Key, n: bigint): this {
    return this.#combine("sum", key, n);
  }

  min(key: Key, n: bigint): this {
    return this.#combine("min", key, n);
  }

  max(key: Key, n: bigint): this {
    return this.#combine("max", key, n);
  }

  async commit(): Promise<CommitResult | CommitFailure> {
    const checks = this.#checks.map(({ key, versionstamp }) => ({
      key: packKey(key),
      versionstamp: toVersionstamp(versionstamp),
    }));
    const mutations = this.#steps.map((step): TransportMutation => ({
      ...step,
      key: packKeyForWrite(step.key),
    }));
    checkAskLimits(checks, mutations);
    return this.#commit({ checks, mutations });
  }

  /** An operation is no promise: awaiting one without `commit` is a mistake that would lose it. */
  // oxlint-disable-next-line unicorn/no-thenable -- the trap is the point, as in Deno
  then(): never {
    throw new TypeError("'AtomicOperation' is not a promise: did you forget to call 'commit()'");
  }

  #combine(type: "sum" | "min" | "max", key: Key, n: bigint): this {
    this.#steps.push({ type, key, operand: new KvU64(n).value });
    return this;
  }
}

const toVersionstamp = (versionstamp: string | null | undefined): Versionstamp | null => {
  if (versionstamp === null || versionstamp === undefined) return null;
  if (!isVersionstamp(versionstamp)) {
    throw new TypeError(`Invalid check: ${String(versionstamp)} is no versionstamp (20 hex digits)`);
  }
  return versionstamp.toLowerCase() as Versionstamp;
};

/** Clones count when the host has encoded them; everything else counts here. */
const checkAskLimits = (checks: CommitAsk["checks"], mutations: readonly TransportMutation[]): void => {
  const sized = mutations.filter(
    (mutation): mutation is TransportMutation & Mutation =>
      mutation.type !== "set" || mutation.value.encoding !== "clone",
  );
  checkCommitLimits(
    checks.map(({ key }) => ({ key, premise: { type: "absent" } })),
    sized,
  );
};
