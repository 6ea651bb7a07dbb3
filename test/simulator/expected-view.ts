/**
 * What a device ought to show: the bucket as the relay held it at the cursor, or before there was a relay
 * as its commits left it, with the device's own
 * pending commits over it, in the order they were made. Computed apart from the code under test.
 */
import { isInScope, msOfStamp, type Mutation, type PackedKey, type Scope, type Value } from "@rockpool/model";
import type { ReplicaState } from "@rockpool/replica";
import { textOfDocument } from "./document-state.ts";
import { mergedHere } from "./oracle-documents.ts";
import { combine } from "./oracle-ruling.ts";
import type { SeenCommit } from "./seen.ts";

export interface Content {
  readonly value?: Value;
  readonly expireAt?: number;
}

/** Texts by key, of what is there, expiry left aside. `scope` is that of what is confirmed. */
export const expectedView = (
  confirmed: ReadonlyMap<PackedKey, Content>,
  scope: Scope,
  commits: readonly SeenCommit[],
  state: ReplicaState,
): ReadonlyMap<PackedKey, string> => {
  const contents = new Map<PackedKey, Content>();
  for (const [key, entry] of confirmed) if (isInScope(scope, key)) contents.set(key, entry);
  /** Keys that stand as a pending commit left them, whatever is under it. */
  const replaced = new Set<PackedKey>();
  for (const { text, position, mutations } of commits) {
    if (position > state.tail) break;
    const tracked = state.tracked.get(text);
    if (tracked?.state !== "pending") continue;
    const atMs = msOfStamp(tracked.commit.stamp);
    for (const mutation of mutations) {
      const isReplaced = mutation.type === "set" || mutation.type === "delete";
      if (isReplaced) replaced.add(mutation.key);
      // What it would be combined with is not here: not followed any more, or not filled yet.
      else if (!isInScope(scope, mutation.key) && !replaced.has(mutation.key)) continue;
      contents.set(mutation.key, applied(contents.get(mutation.key) ?? {}, mutation, atMs));
    }
  }
  const texts = new Map<PackedKey, string>();
  for (const [key, { value, expireAt }] of contents) {
    const text = textOfView(value, expireAt);
    if (text !== undefined) texts.set(key, text);
  }
  return texts;
};

/** What a pending mutation shows: nothing new where it cannot be applied. */
const applied = (before: Content, mutation: Mutation, atMs: number): Content => {
  if (mutation.type === "delete") return {};
  if (mutation.type === "set") {
    const { value, expireAt } = mutation;
    return expireAt === undefined ? { value } : { value, expireAt };
  }
  const isOver = before.expireAt !== undefined && before.expireAt <= atMs;
  const current = isOver ? undefined : before.value;
  if (mutation.type === "merge") {
    const value = mergedHere(current, mutation);
    return value === undefined ? before : { value };
  }
  const data = combine(mutation.type, current, mutation.operand);
  return data === undefined ? before : { value: { encoding: "u64", data } };
};

/** As `textOfContent`, and which document under its key it is. */
export const textOfView = (value: Value | undefined, expireAt: number | undefined): string | undefined => {
  const text = textOfContent(value, expireAt);
  return value?.encoding === "document" ? `${text}${incarnationMark}${value.incarnation ?? "none"}` : text;
};

/** A text of `textOfView` as `textOfContent` gives it: a document that is confirmed as it was shown did not change. */
export const withoutIncarnation = (text: string | undefined): string | undefined =>
  text?.split(incarnationMark)[0];

const incarnationMark = " of incarnation ";

/** A value as text; of a document what it holds, not how it is kept. */
export const textOfValue = (value: Value): string =>
  value.encoding === "document" ? textOfDocument(value) : `${value.encoding} ${String(value.data)}`;

/** A value and when it ends, as text; undefined where there is none. */
export const textOfContent = (value: Value | undefined, expireAt: number | undefined): string | undefined =>
  value === undefined
    ? undefined
    : `${textOfValue(value)}${expireAt === undefined ? "" : ` until ${expireAt}`}`;
