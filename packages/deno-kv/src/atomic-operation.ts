/**
 * Atomic operations as Deno builds them: values are what they were at their call; keys, sizes and
 * versionstamps are judged at `commit`; and an operation can be committed again.
 */
import { type CommitOptions, KvU64 } from "rockpool";
import type { Bucket } from "./bucket.ts";
import { checkCommit } from "./commit-limits.ts";
import { wrongType } from "./errors.ts";
import type {
  AtomicCheck,
  AtomicOperation as Face,
  KvCommitError,
  KvCommitResult,
  KvEnqueueOptions,
  KvKey,
  KvMutation,
} from "./kv.ts";
import {
  addMutation,
  hasWrongOperand,
  type Mutation,
  toCombine,
  toDelete,
  toMutation,
  toSet,
  wrongOperand,
} from "./mutation.ts";
import { addMessage, type Enqueue, toEnqueue } from "./queue/message.ts";

/** As Node and Deno call what prints a value. */
type Inspect = (value: unknown, options?: unknown) => string;

const notAPromise = "'Deno.AtomicOperation' is not a promise: did you forget to call 'commit()'";

export class AtomicOperation implements Face {
  readonly #bucket: Bucket;
  readonly #checks: AtomicCheck[] = [];
  readonly #mutations: Mutation[] = [];
  readonly #enqueues: Enqueue[] = [];

  /** Made by `Kv.atomic` alone. @throws TypeError for whoever else calls it */
  constructor(bucket?: Bucket) {
    if (bucket === undefined) throw new TypeError(notAPromise);
    this.#bucket = bucket;
  }

  check(...checks: AtomicCheck[]): this {
    for (const { key, versionstamp } of checks) this.#checks.push({ key, versionstamp });
    return this;
  }

  mutate(...mutations: KvMutation[]): this {
    for (const mutation of mutations) this.#mutations.push(toMutation(mutation));
    return this;
  }

  sum(key: KvKey, n: bigint): this {
    return this.#combine("sum", key, n);
  }

  min(key: KvKey, n: bigint): this {
    return this.#combine("min", key, n);
  }

  max(key: KvKey, n: bigint): this {
    return this.#combine("max", key, n);
  }

  set(key: KvKey, value: unknown, options?: { expireIn?: number }): this {
    this.#mutations.push(toSet(key, value, options?.expireIn));
    return this;
  }

  delete(key: KvKey): this {
    this.#mutations.push(toDelete(key));
    return this;
  }

  enqueue(value: unknown, options?: KvEnqueueOptions): this {
    this.#enqueues.push(toEnqueue(value, options));
    return this;
  }

  async commit(options?: CommitOptions): Promise<KvCommitResult | KvCommitError> {
    return this.#bucket.use(async (kv) => {
      checkCommit({ checks: this.#checks, mutations: this.#mutations, enqueues: this.#enqueues });
      if (this.#enqueues.length > 0) await this.#bucket.assertQueues();
      const wrong = this.#mutations.find(hasWrongOperand);
      if (wrong !== undefined) throw await wrongOperand(kv, wrong);
      const operation = kv.atomic();
      for (const { key, versionstamp } of this.#checks) {
        operation.check({ key: key as never, versionstamp: toVersionstamp(versionstamp) });
      }
      for (const mutation of this.#mutations) addMutation(operation, mutation);
      for (const enqueue of this.#enqueues) addMessage(operation, enqueue);
      return operation.commit(options);
    });
  }

  /** An operation is no promise: awaiting one without `commit` is a mistake that would lose it. */
  // oxlint-disable-next-line unicorn/no-thenable -- the trap is the point, as in Deno
  then(): never {
    throw new TypeError(notAPromise);
  }

  static {
    // As Deno prints it. Its type cannot name the symbols.
    const print = (operation: AtomicOperation, inspect: Inspect): string => operation.#print(inspect);
    Object.defineProperty(this.prototype, Symbol.for("Deno.customInspect"), {
      value(this: AtomicOperation, inspect: Inspect): string {
        return print(this, inspect);
      },
    });
    Object.defineProperty(this.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value(this: AtomicOperation, _depth: number, _options: unknown, inspect: Inspect): string {
        return print(this, inspect);
      },
    });
  }

  #combine(type: "sum" | "min" | "max", key: KvKey, n: bigint): this {
    this.#mutations.push(toCombine(type, key, new KvU64(n)));
    return this;
  }

  #print(inspect: Inspect): string {
    const call = (name: string, ...args: readonly unknown[]): string =>
      `\n  ${name}(${args.map((arg) => inspect(arg)).join(", ")})`;
    const calls = [
      ...this.#checks.map((check) => call("check", check)),
      ...this.#mutations.map((mutation) => call(mutation.type, mutation.key, ...argumentsOf(mutation))),
      ...this.#enqueues.map(({ payload, options }) => call("enqueue", payload, ...options)),
    ];
    return calls.length === 0 ? "AtomicOperation (empty)" : `AtomicOperation${calls.join("")}`;
  }
}

const argumentsOf = (mutation: Mutation): readonly unknown[] => {
  switch (mutation.type) {
    case "set": {
      const { content, expireIn } = mutation;
      return expireIn === undefined ? [content.value] : [content.value, { expireIn }];
    }
    case "delete":
      return [];
    case "sum":
    case "min":
    case "max":
      return [mutation.operand];
  }
};

/** @throws TypeError */
const toVersionstamp = (versionstamp: unknown): string | null => {
  if (versionstamp === null || versionstamp === undefined) return null;
  if (typeof versionstamp !== "string") throw wrongType("string", versionstamp);
  if (!/^[\da-f]{20}$/i.test(versionstamp)) throw new TypeError("Invalid check");
  return versionstamp;
};
