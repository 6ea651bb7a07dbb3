/**
 * Rules on one commit: a pure function of the entries it touches, the commit and the clock. Checked
 * commits are ruled by their checks alone, blind ones mutation by mutation by stamp (the Thomas
 * write rule). It never throws, whatever is in the commit; every outcome is a value.
 * @see DESIGN.md section 8, "Blind commits" and "Checked commits"
 */
import {
  applyMutation,
  clockAheadMsMax,
  counterOfStamp,
  createStamp,
  digestOf,
  isBlind,
  isInScope,
  laterStamp,
  msOfStamp,
  stampAfter,
  zeroStamp,
  type Check,
  type Commit,
  type CommitName,
  type Mutation,
  type PackedKey,
  type RejectionReason,
  type ReplicaId,
  type Revision,
  type Ruling,
  type Stamp,
  type SupersededMutation,
  type Value,
} from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";
import type { Rights } from "./access.ts";
import { exceededLimit } from "./commit-limits.ts";
import type { DocumentRules } from "./document-rules.ts";
import type { DocumentUpdate } from "./document-state.ts";
import { isInHistory, type EpochStart } from "./epoch-history.ts";
import { deniedAccess } from "./permission.ts";
import { isAlive, isTombstone, type RelayEntry } from "./relay-entry.ts";
import { resolveMerge } from "./resolve-merge.ts";

export interface RulingContext {
  /** The replica that pushes the commit. */
  readonly replica: ReplicaId;
  readonly rights: Rights;
  /** The relay's clock, in ms since 1970. */
  readonly nowMs: number;
  /** The epochs of the bucket's history, the oldest first. */
  readonly epochs: readonly EpochStart[];
  /** How long the bucket keeps deletions, in ms. */
  readonly retentionMs: number;
  readonly limits: RelayLimits;
  /** Largest document, in bytes of its updates as they are kept. */
  readonly documentBytesMax: number;
  readonly documents: DocumentRules;
  /** The revision at which the commit is ruled. */
  readonly revision: Revision;
}

export interface Resolution {
  readonly ruling: Ruling;
  /** The stamp the commit was given: its own, or re-stamped, or raised above its keys' by its checks. */
  readonly stamp: Stamp;
  /** What the commit leaves, one entry a key; empty when it is rejected or superseded whole. */
  readonly effects: readonly RelayEntry[];
  /** What it adds to the documents among them: behind what stands in those of the same incarnation. */
  readonly updatesByKey: ReadonlyMap<PackedKey, readonly DocumentUpdate[]>;
}

/** Reads the entry or tombstone under a key, as the commits ruled before left it. */
export type ReadEntry = (key: PackedKey) => RelayEntry | undefined;

export const resolve = (read: ReadEntry, commit: Commit, context: RulingContext): Resolution => {
  const stamp = admittedStamp(commit, context.nowMs);
  const exceeded = exceededLimit(commit, context.limits);
  if (exceeded !== undefined) return rejected(stamp, { type: "limit", message: exceeded });
  const denied = deniedAccess(commit, context.rights);
  if (denied !== undefined) return rejected(stamp, { type: "permission", message: denied });
  if (msOfStamp(stamp) < context.nowMs - context.retentionMs) return rejected(stamp, { type: "too-old" });
  if (isBlind(commit)) return applyAll(read, commit, context, stamp, stampOfBlindMutation);
  const failed = commit.checks.flatMap((check, index) =>
    holds(read(check.key), check, context) ? [] : [index],
  );
  if (failed.length > 0) return rejected(stamp, { type: "check", checks: failed });
  return applyAll(
    read,
    commit,
    context,
    stampAboveKeys(read, commit, stamp),
    (_before, _mutation, given) => given,
  );
};

/** The stamp a mutation takes effect at, or the name of the commit that covers it. */
type StampMutation = (
  before: RelayEntry | undefined,
  mutation: Mutation,
  given: Stamp,
  by: { readonly replica: ReplicaId; readonly host: string },
) => Stamp | CommitName;

/**
 * Set and delete yield to any later mutation of the key, sum, min, max and a merge that makes a document to a
 * later set or delete, a merge into a document to nothing;
 * but none to a mutation of its own replica, whose stamp may have been raised: it goes above that.
 */
const stampOfBlindMutation: StampMutation = (before, mutation, given, by) => {
  if (before === undefined || (mutation.type === "merge" && mutation.incarnation !== null)) return given;
  if (mutation.type === "merge" && before.document !== undefined) return given;
  const isSet = mutation.type === "set" || mutation.type === "delete";
  const standing = isSet ? before.stamp : before.setStamp;
  if (given >= standing) return given;
  const holder = isSet ? before.stampHolder : before.setHolder;
  return holder === by.replica ? stampAfter(standing, by.host) : before.writer;
};

const applyAll = (
  read: ReadEntry,
  commit: Commit,
  context: RulingContext,
  given: Stamp,
  stampMutation: StampMutation,
): Resolution => {
  const by = { replica: context.replica, host: commit.name.host };
  const effectByKey = new Map<PackedKey, RelayEntry>();
  const updatesByKey = new Map<PackedKey, DocumentUpdate[]>();
  const superseded: SupersededMutation[] = [];
  for (const [index, mutation] of commit.mutations.entries()) {
    const { key } = mutation;
    const before = read(key);
    const current = effectByKey.get(key) ?? before;
    // Judged by what stood before the commit: a mutation is never late against its own commit.
    const stamp = isTooLateToStart(before, mutation)
      ? before.writer
      : stampMutation(before, mutation, given, by);
    const isLate = typeof stamp !== "string";
    const outcome = outcomeOf(current, mutation, index, isLate, context);
    if (outcome.type === "rejected") return rejected(given, outcome.reason);
    if (outcome.type === "superseded" || isLate) {
      const winner = isLate ? stamp : current?.writer;
      const mayKnow = winner !== undefined && isInScope(context.rights.read, key);
      superseded.push(mayKnow ? { mutation: index, winner } : { mutation: index });
      continue;
    }
    const { content, update } = outcome;
    if (update === undefined) updatesByKey.delete(key);
    else {
      const added = updatesByKey.get(key) ?? [];
      added.push({ key, revision: context.revision, place: added.length, update });
      updatesByKey.set(key, added);
    }
    effectByKey.set(key, changedEntry(current, mutation, content, stamp, commit, context));
  }
  const ruling = { type: "accepted", superseded } as const;
  return { ruling, stamp: given, effects: [...effectByKey.values()], updatesByKey };
};

/** What was written before there was a relay counts only where the relay never had anything, or forgot it. */
const isTooLateToStart = (before: RelayEntry | undefined, mutation: Mutation): before is RelayEntry =>
  mutation.type === "set" && mutation.initial === true && before !== undefined;

/** What a mutation leaves under its key. */
type Content = Pick<RelayEntry, "value" | "document" | "expireAt" | "deletedMs">;

type MutationOutcome =
  | {
      readonly type: "applied";
      readonly content: Content;
      /** Of a merge: what it adds to the document. */
      readonly update?: Uint8Array;
    }
  | { readonly type: "superseded" }
  | { readonly type: "rejected"; readonly reason: RejectionReason };

const outcomeOf = (
  current: RelayEntry | undefined,
  mutation: Mutation,
  index: number,
  isLate: boolean,
  context: RulingContext,
): MutationOutcome => {
  const alive = current !== undefined && isAlive(current, context.nowMs) ? current : undefined;
  if (mutation.type === "merge") {
    const outcome = resolveMerge({ current, alive, isLate }, mutation, index, context);
    if (outcome.type !== "merged") return outcome;
    const { document, update } = outcome;
    return { type: "applied", content: { document }, update };
  }
  if (isLate) return { type: "superseded" };
  const outcome = applyMutation(alive && shownValue(alive), mutation);
  const isDocument = outcome.ok && outcome.value?.encoding === "document";
  // Merges alone make documents.
  if (!outcome.ok || isDocument) return { type: "rejected", reason: { type: "type", mutation: index } };
  if (outcome.value === undefined) return { type: "applied", content: { deletedMs: context.nowMs } };
  const end = mutation.type === "set" && mutation.expireAt !== undefined ? mutation.expireAt : undefined;
  const content = { value: outcome.value, ...(end === undefined ? {} : { expireAt: end }) };
  return { type: "applied", content };
};

/** Of a document the updates are not at hand; no rule looks at them. */
const shownValue = ({ value, document }: RelayEntry): Value | undefined =>
  document === undefined
    ? value
    : { encoding: "document", data: new Uint8Array(), incarnation: document.incarnation };

const changedEntry = (
  current: RelayEntry | undefined,
  { type, key }: Mutation,
  content: Content,
  stamp: Stamp,
  commit: Commit,
  context: RulingContext,
): RelayEntry => {
  const isSet = type === "set" || type === "delete";
  const isLatest = current === undefined || stamp >= current.stamp;
  return {
    key,
    ...content,
    revision: context.revision,
    stamp: isLatest ? stamp : current.stamp,
    stampHolder: isLatest ? context.replica : current.stampHolder,
    setStamp: isSet ? stamp : (current?.setStamp ?? zeroStamp),
    setHolder: isSet ? context.replica : (current?.setHolder ?? ""),
    writer: commit.name,
  };
};

const holds = (entry: RelayEntry | undefined, { premise }: Check, context: RulingContext): boolean => {
  switch (premise.type) {
    case "absent":
      return entry === undefined || !isAlive(entry, context.nowMs);
    case "revision":
      return (
        entry !== undefined &&
        !isTombstone(entry) &&
        entry.revision === premise.revision &&
        isInHistory(context.epochs, premise.epoch, premise.revision)
      );
    case "written":
      return (
        entry !== undefined &&
        entry.writer.host === premise.by.host &&
        entry.writer.n === premise.by.n &&
        digestOf(shownValue(entry)) === premise.digest
      );
  }
};

/** A clock that runs ahead is set to the relay's; the counter keeps the order within its millisecond. */
const admittedStamp = ({ stamp, name }: Commit, nowMs: number): Stamp =>
  msOfStamp(stamp) > nowMs + clockAheadMsMax
    ? createStamp(Math.max(0, Math.trunc(nowMs)), counterOfStamp(stamp), name.host)
    : stamp;

const stampAboveKeys = (read: ReadEntry, commit: Commit, given: Stamp): Stamp => {
  const highest = commit.mutations.reduce(
    (stamp, { key }) => laterStamp(stamp, read(key)?.stamp ?? zeroStamp),
    zeroStamp,
  );
  return highest >= given ? stampAfter(highest, commit.name.host) : given;
};

const rejected = (stamp: Stamp, reason: RejectionReason): Resolution => ({
  ruling: { type: "rejected", reason },
  stamp,
  effects: [],
  updatesByKey: new Map(),
});
