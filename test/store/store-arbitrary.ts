/**
 * What the commands of the store's tests are drawn from: few keys, so that commands meet on them, of
 * all types and below each other; values of all encodings; limits so small that a checkpoint, a
 * split page and an unread tail happen in every run.
 */
import type { HostSettings } from "@rockpool/host";
import { compareKeys } from "@rockpool/model/key-arbitrary";
import * as fc from "fast-check";
import { any, type Key, KvU64, type PatternPart, rest } from "rockpool";
import type { StoreSettings } from "./store-device.ts";
import type { Bounds, Mutation } from "./sorted-map.ts";

const keys: readonly Key[] = [
  [Uint8Array.of(0, 255)],
  ["a"],
  ["a", Uint8Array.of(1)],
  ["a", ""],
  ["a", "b"],
  ["a", "b", "c"],
  ["a", "b", "d"],
  ["a", -1n],
  ["a", 2n ** 70n],
  ["a", -0],
  ["a", 0],
  ["a", 1.5],
  ["a", true],
  ["aa"],
  ["b"],
  ["b", 1],
  ["b", 2],
  ["b", 3],
  ["é", "\0"],
  [5n],
  [Number.NaN],
  [false],
  ...Array.from({ length: 12 }, (_, index): Key => ["n", index]),
];

export const anyKey: fc.Arbitrary<Key> = fc.constantFrom(...keys);

/** Keys that sums are often made on, and sometimes other mutations. */
const counterKey: fc.Arbitrary<Key> = fc.constantFrom<Key>(["a", "b"], ["b", 1], ["n", 3], [5n]);

const anyOperand: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 9n }),
  fc.constant(2n ** 64n - 1n),
);

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.nat({ max: 99 }),
  fc.constantFrom<unknown>(null, "", "text", true, { a: [1, { b: null }] }, "long ".repeat(30)),
  fc.constantFrom<unknown>(Uint8Array.of(), Uint8Array.of(1, 2), new Date(0), new Map([["k", 1]]), undefined),
  anyOperand.map((value) => new KvU64(value)),
);

const anyExpireIn: fc.Arbitrary<{ expireIn?: number | "never" }> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<{ expireIn: number | "never" }>(
      { expireIn: 0 },
      { expireIn: 1 },
      { expireIn: 500 },
      { expireIn: "never" },
    ),
  },
);

const anySet = fc
  .tuple(anyKey, anyValue, anyExpireIn)
  .map(([key, value, expiry]): Mutation => ({ type: "set", key, value, ...expiry }));
const anyDelete = fc
  .tuple(fc.constantFrom("delete", "delete", "purge"), anyKey)
  .map(([type, key]): Mutation => ({ type, key }));
const anyCombination = fc
  .tuple(
    fc.constantFrom("sum", "min", "max"),
    fc.oneof({ weight: 5, arbitrary: counterKey }, anyKey),
    anyOperand,
  )
  .map(([type, key, operand]): Mutation => ({ type, key, operand }));

/** Keys that documents are often made under, and sometimes other values. */
const documentKey: fc.Arbitrary<Key> = fc.constantFrom<Key>(["a", "b", "c"], ["b", 2], ["n", 5]);

const anyMerge = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: documentKey }, anyKey), fc.uint8Array({ maxLength: 20 }))
  .map(([key, update]): Mutation => ({ type: "merge", key, update: new Uint8Array(update) }));

export const anyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 5, arbitrary: anySet },
  { weight: 2, arbitrary: anyDelete },
  { weight: 2, arbitrary: anyCombination },
  { weight: 3, arbitrary: anyMerge },
);

/** A check as it is drawn: what it names is found when it is made. */
export interface DrawnCheck {
  readonly key: Key;
  readonly of: "current" | "stale" | "absent";
}

const anyCheck: fc.Arbitrary<DrawnCheck> = fc.record({
  key: anyKey,
  of: fc.oneof(
    { weight: 6, arbitrary: fc.constant("current" as const) },
    fc.constantFrom("stale" as const, "absent" as const),
  ),
});

/** A commit as it is drawn. */
export interface DrawnCommit {
  readonly checks: readonly DrawnCheck[];
  readonly mutations: readonly Mutation[];
}

export const anyCommit: fc.Arbitrary<DrawnCommit> = fc.record({
  checks: fc.array(anyCheck, { maxLength: 2 }),
  mutations: fc.array(anyMutation, { maxLength: 5 }),
});

/** Bounds that a selector can have. */
export const anyBounds: fc.Arbitrary<Bounds> = fc.oneof(
  fc.constantFrom<Key>([], ["a"], ["a", "b"], ["b"], ["n"], ["none"]).map((prefix) => ({ prefix })),
  fc
    .tuple(anyKey, anyKey)
    .map(([a, b]) => (compareKeys(a, b) <= 0 ? { start: a, end: b } : { start: b, end: a })),
  fc
    .tuple(fc.constantFrom<Key>(["a"], ["n"]), fc.constantFrom<Key>(["b"], [3], [1n]), fc.boolean())
    .map(([prefix, rest, isStart]) =>
      isStart ? { prefix, start: [...prefix, ...rest] } : { prefix, end: [...prefix, ...rest] },
    ),
);

/** What a feed can be about, and what it is asked to give. */
export interface DrawnFeed {
  readonly selector: DrawnSelector;
  readonly include: "latest" | "updates" | "history";
  readonly values: boolean;
  readonly deletes: boolean;
  readonly pending: boolean;
  /** Where among the states there were it resumes; undefined: nowhere. */
  readonly since: number | undefined;
  /** Reads an item only now and then. */
  readonly isSlow: boolean;
}

export type DrawnSelector =
  | Bounds
  | { readonly keys: readonly Key[] }
  | { readonly pattern: readonly PatternPart[] };

const anyPattern: fc.Arbitrary<{ readonly pattern: readonly PatternPart[] }> = fc
  .constantFrom<readonly PatternPart[]>(
    [any],
    [rest],
    [any, any],
    ["a", rest],
    ["a", any],
    ["a", any, any],
    ["a", any, "c"],
    [any, "b"],
    [any, "b", rest],
    [any, 1],
    ["a", "b"],
    [any, any, rest],
  )
  .map((pattern) => ({ pattern }));

const mostlyTrue = fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false));

export const anyFeed: fc.Arbitrary<DrawnFeed> = fc.record({
  selector: fc.oneof(
    { weight: 3, arbitrary: anyBounds },
    { weight: 2, arbitrary: anyPattern },
    fc.array(anyKey, { maxLength: 8 }).map((some) => ({ keys: some })),
  ),
  include: fc.constantFrom("latest" as const, "latest" as const, "updates" as const, "history" as const),
  values: mostlyTrue,
  deletes: mostlyTrue,
  pending: fc.boolean(),
  since: fc.option(fc.nat(), { nil: undefined }),
  isSlow: fc.boolean(),
});

const fewOrMore = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 50 }));

const anyHostSettings: fc.Arbitrary<HostSettings> = fc.record({
  limits: fc.record({
    rowsMax: fewOrMore,
    pagesMax: fewOrMore,
    pageEntries: fewOrMore,
    pageBytes: fc.oneof(fewOrMore, fc.integer({ min: 100, max: 3000 })),
  }),
  feeds: fc.record({
    part: fc.record({
      entries: fewOrMore,
      bytes: fc.constantFrom(50, 1_000_000),
      pages: fc.integer({ min: 1, max: 4 }),
    }),
    keys: fewOrMore,
    bytes: fc.constantFrom(100, 1_000_000),
    documentBytes: fc.constantFrom(100, 1_000_000),
  }),
  tailEntries: fewOrMore,
  tailBytes: fc.constantFrom(50, 1000, 1_000_000),
});

export const anySettings: fc.Arbitrary<StoreSettings> = fc.record({
  hasRelay: fc.boolean(),
  kept: fc.record({
    history: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 5 })),
    expireInMs: fc.constantFrom(null, null, 400),
  }),
  host: anyHostSettings,
  loss: fc.constantFrom(0, 0.5, 1),
  seed: fc.nat(),
});
