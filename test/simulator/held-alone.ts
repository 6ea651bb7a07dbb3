/**
 * What a bucket holds before it has a relay: a plain map of what its commits left, one after the other,
 * and what each of them ought to leave over that. Computed apart from the code under test.
 */
import type { TransportMutation } from "@rockpool/host";
import type { Effect, StorageImage } from "@rockpool/log";
import {
  appendUpdate,
  type PackedKey,
  positionOf,
  updatesOf,
  type Value,
  type Versionstamp,
} from "@rockpool/model";
import { textOfContent } from "./expected-view.ts";
import { mergedHere } from "./oracle-documents.ts";
import { combine } from "./oracle-ruling.ts";
import type { Ask } from "./tab-asks.ts";
import { same } from "./violation.ts";
import type { Held, HeldEntry } from "./seen.ts";

/** A commit that was confirmed at once, with what was there before it. */
export interface LoneCommit {
  readonly before: Held;
  readonly effects: readonly Effect[];
  readonly readingMs: number;
}

/** What the pages of a disk hold: they were looked at when it was another's, or before it went back. */
export const heldInPages = ({ meta, pages }: StorageImage): Held => {
  const held = new Map<PackedKey, HeldEntry>();
  const inForce = meta?.ranges[0]?.generation ?? 0;
  for (const { generation, entries } of pages.values()) {
    if (generation !== inForce) continue;
    for (const { key, value, expireAt, versionstamp } of entries) {
      if (value !== undefined) held.set(key, entryOf(value, expireAt, versionstamp));
    }
  }
  return held;
};

export const heldAfter = (held: Held, effects: readonly Effect[], versionstamp: Versionstamp): Held => {
  const after = new Map(held);
  for (const effect of effects) {
    const value = numbered(heldBy(held, effect), versionstamp);
    if (value === undefined) after.delete(effect.key);
    else after.set(effect.key, entryOf(value, effect.expireAt, versionstamp));
  }
  return after;
};

/** What an effect leaves: a document goes on with the updates that merges added. */
const heldBy = (held: Held, { key, value, appends }: Effect): Value | undefined => {
  const before = held.get(key)?.value;
  const goesOn = appends === true && value?.encoding === "document" && before?.encoding === "document";
  return goesOn ? updatesOf(value.data).reduce(appendUpdate, before) : value;
};

export const heldWithout = (held: Held, keys: readonly PackedKey[]): Held => {
  const after = new Map(held);
  for (const key of keys) after.delete(key);
  return after;
};

/** True for what has not ended by a clock. */
export const isHeldAt = ({ expireAt }: HeldEntry, nowMs: number): boolean =>
  expireAt === undefined || expireAt > nowMs;

/** A document that a commit made is told from others under its key by the position of its row. */
const numbered = (value: Value | undefined, versionstamp: Versionstamp): Value | undefined =>
  value?.encoding === "document" && value.incarnation === null
    ? { ...value, incarnation: positionOf(versionstamp) }
    : value;

/** A commit that was told to be stored was asked for so, and its checks held. @throws Violation */
export const seeLoneCommit = (
  at: string,
  { before, effects, readingMs }: LoneCommit,
  { checks = [], mutations }: Ask,
): void => {
  for (const { key, versionstamp } of checks) {
    const entry = before.get(key);
    const isThere = entry !== undefined && isHeldAt(entry, readingMs);
    same(1, `${at}, a check`, isThere ? entry.versionstamp : null, versionstamp, key);
  }
  const left = new Map<PackedKey, string | undefined>();
  for (const effect of effects) {
    left.set(effect.key, textOf(heldBy(before, effect), effect.expireAt !== undefined));
  }
  for (const [key, text] of expectedOf(before, mutations as readonly TransportMutation[], readingMs)) {
    same(2, at, text, left.get(key), key);
    left.delete(key);
  }
  same(2, at, [], [...left.keys()]);
};

/** What mutations come to over what is held, as texts by key. */
const expectedOf = (
  before: Held,
  mutations: readonly TransportMutation[],
  nowMs: number,
): ReadonlyMap<PackedKey, string | undefined> => {
  const valueByKey = new Map<PackedKey, Value | undefined>();
  const ending = new Set<PackedKey>();
  for (const mutation of mutations) {
    const { type, key } = mutation;
    const stood = before.get(key);
    const isThere = stood !== undefined && isHeldAt(stood, nowMs);
    const current = valueByKey.has(key) ? valueByKey.get(key) : isThere ? stood.value : undefined;
    ending.delete(key);
    if (type === "delete") valueByKey.set(key, undefined);
    else if (type === "set") {
      const { value, expireIn } = mutation;
      if (value.encoding === "clone") throw new Error("these runs write no clones");
      valueByKey.set(key, value);
      if (expireIn !== undefined) ending.add(key);
    } else if (type === "merge") {
      const { incarnation = null } = mutation;
      const value = mergedHere(current, { ...mutation, incarnation });
      valueByKey.set(key, value ?? current);
    } else {
      const data = combine(type, current, mutation.operand);
      valueByKey.set(key, data === undefined ? current : { encoding: "u64", data });
    }
  }
  return new Map([...valueByKey].map(([key, value]) => [key, textOf(value, ending.has(key))]));
};

/** When it ends was reckoned from when it was asked for, which nobody wrote down. */
const textOf = (value: Value | undefined, ends: boolean): string | undefined =>
  textOfContent(value, ends ? Number.POSITIVE_INFINITY : undefined);

const entryOf = (value: Value, expireAt: number | undefined, versionstamp: Versionstamp): HeldEntry =>
  expireAt === undefined ? { value, versionstamp } : { value, expireAt, versionstamp };
