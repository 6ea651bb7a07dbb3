/**
 * Random commands on a database of @deno/kv, Deno's own client for Node over Deno's own storage, and on
 * one of this dialect come to the same. Left out are that package's known deviations: its own forms of
 * versionstamps, cursors and messages, 0 and -0 as one key, lists that meet the key which equals their
 * prefix (it may yield it, or never end), and operations that fail by type, of which it keeps a part.
 */
import {
  type AtomicCheck,
  type Kv,
  type KvEntryMaybe,
  type KvKey,
  type KvListSelector,
  openKv,
} from "@rockpool/deno-kv";
import * as fc from "fast-check";
import { expect, test } from "vitest";

/** The part of a database that both have. */
type Database = Pick<Kv, "get" | "getMany" | "set" | "delete" | "list" | "atomic" | "close">;

/** Null, with the reason printed, where its native code does not load. */
const openNative = async (): Promise<Database | null> => {
  try {
    const native = await import("@deno/kv");
    return (await native.openKv(":memory:")) as unknown as Database;
  } catch (error) {
    process.stderr.write(`skipped: @deno/kv does not load here: ${String(error)}\n`);
    return null;
  }
};

const parts = fc.constantFrom<KvKey[number]>(
  "a",
  "b",
  "",
  "a\0",
  "é",
  "\uffff",
  "\u{10000}",
  0,
  1,
  -1.5,
  NaN,
  Infinity,
  0n,
  1n,
  -1n,
  2n ** 70n,
  -(2n ** 70n),
  true,
  false,
  Uint8Array.of(1),
  Uint8Array.of(0, 255),
);
/** None of them is the prefix of another one. */
const keys = fc.array(parts, { minLength: 2, maxLength: 2 });
const values = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, 1n, new Map([[1, new Set(["a"])]]), new Date(0), /a/g, [
    1,
    undefined,
    2,
  ]),
  fc.jsonValue({ maxDepth: 2 }),
  fc.uint8Array({ maxLength: 5 }),
);
/** It takes no object without a prototype. */
const ordinary = { noNullPrototype: true };
const selectors = fc.oneof<fc.Arbitrary<KvListSelector>[]>(
  fc.record({ prefix: fc.array(parts, { maxLength: 1 }) }, ordinary),
  fc.record({ start: keys, end: keys }, ordinary),
);
const options = fc.record(
  {
    limit: fc.integer({ min: 1, max: 5 }),
    reverse: fc.boolean(),
    batchSize: fc.integer({ min: 1, max: 3 }),
  },
  { ...ordinary, requiredKeys: [] },
);
const mutations = fc.oneof(
  fc.record({ type: fc.constant("set" as const), key: keys, value: values }),
  fc.record({ type: fc.constant("delete" as const), key: keys }),
  fc.record({
    type: fc.constantFrom("sum" as const, "min" as const, "max" as const),
    // Apart from the others, that none fails by type.
    key: fc.constantFrom<KvKey>(["count", 1], ["count", 2], ["count", 3]),
    n: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  }),
);
const commands = fc.oneof(
  fc.record({ type: fc.constant("list" as const), selector: selectors, options }),
  fc.record({ type: fc.constant("getMany" as const), keys: fc.array(keys, { maxLength: 10 }) }),
  fc.record({
    type: fc.constant("commit" as const),
    mutations: fc.array(mutations, { maxLength: 4 }),
    /** Checked as it is, or as it was before its last change. */
    checks: fc.array(fc.record({ key: keys, isStale: fc.boolean() }), { maxLength: 2 }),
  }),
);
type Command = typeof commands extends fc.Arbitrary<infer T> ? T : never;

/** Values alike whichever of the two packages made their KvU64; bytes it gives as Node's buffers. */
const plain = ({ key, value, versionstamp }: KvEntryMaybe<unknown>): unknown => {
  const isU64 = typeof value === "object" && value !== null && value.constructor.name.endsWith("KvU64");
  const held = isU64 ? { u64: (value as { readonly value: bigint }).value } : plainBytes(value);
  return { key: key.map(plainBytes), value: held, isThere: versionstamp !== null };
};

const plainBytes = (value: unknown): unknown => (value instanceof Uint8Array ? new Uint8Array(value) : value);

class Subject {
  readonly #kv: Database;
  /** Versionstamps that entries had before their last change. */
  readonly #stale = new Map<string, string | null>();

  constructor(kv: Database) {
    this.#kv = kv;
  }

  async run(command: Command): Promise<unknown> {
    if (command.type === "list") return this.#list(command);
    if (command.type === "getMany") {
      return (await this.#kv.getMany<unknown[]>(command.keys)).map((entry) => plain(entry));
    }
    const operation = this.#kv.atomic();
    for (const check of command.checks) operation.check(await this.#checkOf(check));
    for (const { key } of command.mutations) {
      this.#stale.set(nameOf(key), (await this.#kv.get(key)).versionstamp);
    }
    for (const mutation of command.mutations) {
      if (mutation.type === "set") operation.set(mutation.key, mutation.value);
      else if (mutation.type === "delete") operation.delete(mutation.key);
      else operation[mutation.type](mutation.key, mutation.n);
    }
    return (await operation.commit()).ok;
  }

  async #list({ selector, options }: Extract<Command, { readonly type: "list" }>): Promise<unknown> {
    const listed: unknown[] = [];
    try {
      for await (const entry of this.#kv.list(selector, options)) listed.push(plain(entry));
    } catch {
      // The words differ; that it is refused does not.
      return "refused";
    }
    return listed;
  }

  async #checkOf({ key, isStale }: { readonly key: KvKey; readonly isStale: boolean }): Promise<AtomicCheck> {
    const { versionstamp } = await this.#kv.get(key);
    return { key, versionstamp: isStale ? (this.#stale.get(nameOf(key)) ?? null) : versionstamp };
  }
}

const nameOf = (key: KvKey): string => key.map((part) => `${typeof part}:${String(part)}`).join("/");

test("2, 1.3, 1.4, 1.7, 1.10: random commands come to what they come to in @deno/kv", async ({ skip }) => {
  const loads = await openNative();
  if (loads === null) return skip("@deno/kv does not load here");
  loads.close();
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { minLength: 10, maxLength: 30 }), async (run) => {
      const [theirs, ours] = [(await openNative()) as Database, await openKv(":memory:")];
      const [native, subject] = [new Subject(theirs), new Subject(ours)];
      try {
        for (const command of run) expect(await subject.run(command)).toEqual(await native.run(command));
        const all = { type: "list", selector: { prefix: [] }, options: {} } as const;
        expect(await subject.run(all)).toEqual(await native.run(all));
      } finally {
        theirs.close();
        ours.close();
      }
    }),
    { numRuns: 100 },
  );
});
