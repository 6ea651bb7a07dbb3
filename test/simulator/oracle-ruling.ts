/**
 * How a commit is to be ruled, after DESIGN.md section 8 ("Blind commits", "Checked commits"), written
 * a second time and plainly: the simulator compares it with what the relay does.
 */
import {
  type Check,
  clockAheadMsMax,
  type Commit,
  type CommitLimits,
  type CommitName,
  counterOfStamp,
  createStamp,
  type EpochId,
  isInScope,
  type Mutation,
  mutationBytes,
  msOfStamp,
  nameKey,
  type PackedKey,
  type RejectionReason,
  type ReplicaId,
  type Revision,
  type Ruling,
  type Stamp,
  stampAfter,
  type SupersededMutation,
  type Value,
} from "@rockpool/model";
import { type Merge, ruleMerge } from "./oracle-documents.ts";
import type { Rights } from "./token-issuer.ts";

/** When a key was last changed, and by whose device. */
interface Mark {
  readonly stamp: Stamp;
  readonly replica: ReplicaId;
}

/** What stands under a key. Without `value` it is a tombstone. */
export interface OracleEntry {
  readonly key: PackedKey;
  readonly value?: Value;
  readonly expireAt?: number;
  readonly revision: Revision;
  /** The latest mutation of any kind. */
  readonly touched: Mark;
  /** The latest set or delete. */
  readonly replaced: Mark | undefined;
  readonly writer: CommitName;
  /** Of a document: of its updates, as the relay kept them when this came to them. */
  readonly documentBytes?: number;
  /** Of a tombstone: when it was made, by the relay's clock, in ms since 1970. */
  readonly deletedMs?: number;
}

/**
 * The keys under which the relay had an entry or a deletion before the turn, and of a document the bytes of
 * its updates: how long it knows of a deletion, and how small it makes a document, it alone can say.
 */
export type KeptBytes = ReadonlyMap<PackedKey, number>;

export interface OracleContext {
  readonly replica: ReplicaId;
  readonly revision: Revision;
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly limits: CommitLimits;
  /** Of a document's updates together. */
  readonly documentBytesMax: number;
  readonly rights: Rights;
  readonly epochs: readonly { readonly epoch: EpochId; readonly firstRevision: Revision }[];
  readonly digestOf: (value: Value | undefined) => string;
  readonly kept: KeptBytes;
  /** The head before the turn. */
  readonly from: Revision;
}

export interface OracleRuling {
  readonly ruling: Ruling;
  readonly stamp: Stamp;
  readonly entries: readonly OracleEntry[];
}

type Entries = ReadonlyMap<PackedKey, OracleEntry>;

const u64Modulus = 2n ** 64n;

export const ruleOne = (entries: Entries, commit: Commit, context: OracleContext): OracleRuling => {
  const stamp = restamped(commit, context.nowMs);
  const refuse = (reason: (Ruling & { type: "rejected" })["reason"], given = stamp): OracleRuling => ({
    ruling: { type: "rejected", reason },
    stamp: given,
    entries: [],
  });
  if (isOver(commit, context.limits)) return refuse({ type: "limit", message: "" });
  if (isDenied(commit, context.rights)) return refuse({ type: "permission", message: "" });
  if (msOfStamp(stamp) < context.nowMs - context.retentionMs) return refuse({ type: "too-old" });
  const failed = commit.checks.flatMap((check, index) => (holds(entries, check, context) ? [] : [index]));
  if (failed.length > 0) return refuse({ type: "check", checks: failed });
  const isChecked = commit.checks.length > 0;
  const given = isChecked ? above(entries, commit, stamp) : stamp;
  const after = new Map<PackedKey, OracleEntry>();
  const superseded: SupersededMutation[] = [];
  for (const [index, mutation] of commit.mutations.entries()) {
    const known = entries.get(mutation.key);
    const dependsOnDeletion = isInitial(mutation) || mutation.type === "merge";
    const stood = dependsOnDeletion && isForgotten(known, context) ? undefined : known;
    const current = after.get(mutation.key) ?? stood;
    const ruled = ruleMutation({ stood, current }, mutation, given, commit, context);
    if (ruled.type === "rejected") return refuse(reasonOf(ruled.reason, index), given);
    if (ruled.type === "made") after.set(mutation.key, ruled.entry);
    else {
      const winner = isInScope(context.rights.read, mutation.key) ? current?.writer : undefined;
      superseded.push(winner === undefined ? { mutation: index } : { mutation: index, winner });
    }
  }
  return { ruling: { type: "accepted", superseded }, stamp: given, entries: [...after.values()] };
};

type MutationRuling =
  | { readonly type: "made"; readonly entry: OracleEntry }
  | { readonly type: "superseded" }
  | { readonly type: "rejected"; readonly reason: "type" | "missing" | "limit" };

/** `stood` before the commit, and `current` as the mutations before this one left it. */
const ruleMutation = (
  { stood, current }: Readonly<Record<"stood" | "current", OracleEntry | undefined>>,
  mutation: Mutation,
  given: Stamp,
  commit: Commit,
  context: OracleContext,
): MutationRuling => {
  if (isInitial(mutation) && stood !== undefined) return { type: "superseded" };
  const isChecked = commit.checks.length > 0;
  const inTime = isChecked ? given : timeOf(stood, mutation, given, context.replica, commit.name.host);
  if (mutation.type !== "merge") {
    if (inTime === undefined) return { type: "superseded" };
    const entry = changed(current, mutation, inTime, commit, context);
    return entry === undefined ? { type: "rejected", reason: "type" } : { type: "made", entry };
  }
  const isDocument = isThere(current, context.nowMs);
  const value = isDocument ? current?.value : undefined;
  const { revision = 0, documentBytes = 0 } = current ?? {};
  const bytes = revision > context.from ? documentBytes : (context.kept.get(mutation.key) ?? 0);
  const ruled = ruleMerge({ value, revision, bytes }, mutation, {
    isLate: inTime === undefined,
    bytesMax: context.documentBytesMax,
  });
  if (ruled.type !== "merged") return ruled;
  // Into a document it is never late; over a deletion of its own device it comes after that.
  const at = isDocument || mutation.incarnation !== null ? given : (inTime ?? given);
  const entry = markedBy(current, mutation, at, commit, context);
  return { type: "made", entry: { ...entry, value: ruled.value, documentBytes: ruled.bytes } };
};

const isInitial = (mutation: Mutation): boolean => mutation.type === "set" && mutation.initial === true;

const reasonOf = (type: "type" | "missing" | "limit", mutation: number): RejectionReason =>
  type === "limit" ? { type, message: "" } : { type, mutation };

/** A deletion that the bucket need no longer keep. */
const isForgotten = (stood: OracleEntry | undefined, { nowMs, retentionMs, kept }: OracleContext): boolean =>
  stood?.deletedMs !== undefined && stood.deletedMs < nowMs - retentionMs && !kept.has(stood.key);

/** What a commit depends on must be readable, and what it changes writable. */
const isDenied = ({ checks, mutations }: Commit, { read, write }: Rights): boolean =>
  checks.some(({ key }) => !isInScope(read, key)) ||
  mutations.some(
    ({ type, key }) =>
      !isInScope(write, key) || (type !== "set" && type !== "delete" && !isInScope(read, key)),
  );

export const isOver = (
  { checks, mutations }: Pick<Commit, "checks" | "mutations">,
  limits: CommitLimits,
): boolean => {
  const keys = [...checks, ...mutations].map(({ key }) => key.length);
  const values = mutations.map((mutation) => mutationBytes(mutation) - mutation.key.length);
  const bytes = [...keys, ...values].reduce((total, size) => total + size, 0);
  const sets = values.filter((_, index) => ["set", "merge"].includes(mutations[index]?.type ?? ""));
  return (
    checks.length > limits.checksMax ||
    mutations.length > limits.mutationsMax ||
    keys.some((size) => size > limits.keyBytesMax) ||
    sets.some((size) => size > limits.valueBytesMax) ||
    bytes > limits.commitBytesMax
  );
};

/** A clock more than a minute ahead is set to the relay's. */
const restamped = ({ stamp, name }: Commit, nowMs: number): Stamp =>
  msOfStamp(stamp) <= nowMs + clockAheadMsMax
    ? stamp
    : createStamp(Math.trunc(nowMs), counterOfStamp(stamp), name.host);

const isThere = (entry: OracleEntry | undefined, nowMs: number): boolean =>
  entry?.value !== undefined && !(entry.expireAt !== undefined && entry.expireAt <= nowMs);

const holds = (entries: Entries, { key, premise }: Check, context: OracleContext): boolean => {
  const entry = entries.get(key);
  if (premise.type === "absent") return !isThere(entry, context.nowMs);
  if (entry === undefined) return false;
  if (premise.type === "written") {
    return nameKey(entry.writer) === nameKey(premise.by) && context.digestOf(entry.value) === premise.digest;
  }
  return (
    entry.value !== undefined &&
    entry.revision === premise.revision &&
    isOf(context.epochs, premise.epoch, premise.revision)
  );
};

/** True when the epoch is one of the history and was not over before the revision. */
const isOf = (epochs: OracleContext["epochs"], epoch: EpochId, revision: Revision): boolean => {
  const index = epochs.findIndex((one) => one.epoch === epoch);
  return index !== -1 && revision < (epochs[index + 1]?.firstRevision ?? Number.POSITIVE_INFINITY);
};

/** A commit with a check comes after everything that stands under its keys. */
const above = (entries: Entries, { mutations, name }: Commit, stamp: Stamp): Stamp => {
  const stamps = mutations.flatMap(({ key }) => entries.get(key)?.touched.stamp ?? []).toSorted();
  const highest = stamps.at(-1);
  return highest !== undefined && highest >= stamp ? stampAfter(highest, name.host) : stamp;
};

/** When a blind mutation takes effect; undefined when it is covered by what came later from elsewhere. */
const timeOf = (
  stood: OracleEntry | undefined,
  { type }: Mutation,
  given: Stamp,
  replica: ReplicaId,
  host: string,
): Stamp | undefined => {
  const rival = type === "set" || type === "delete" ? stood?.touched : stood?.replaced;
  if (rival === undefined || given >= rival.stamp) return given;
  return rival.replica === replica ? stampAfter(rival.stamp, host) : undefined;
};

/** What a mutation leaves but for its value. */
const markedBy = (
  stood: OracleEntry | undefined,
  { type, key }: Mutation,
  stamp: Stamp,
  { name }: Commit,
  { replica, revision }: OracleContext,
): OracleEntry => {
  const mark: Mark = { stamp, replica };
  return {
    key,
    revision,
    touched: stood !== undefined && stood.touched.stamp > stamp ? stood.touched : mark,
    replaced: type === "set" || type === "delete" ? mark : stood?.replaced,
    writer: name,
  };
};

const changed = (
  stood: OracleEntry | undefined,
  mutation: Exclude<Mutation, Merge>,
  stamp: Stamp,
  commit: Commit,
  context: OracleContext,
): OracleEntry | undefined => {
  const entry = markedBy(stood, mutation, stamp, commit, context);
  if (mutation.type === "delete") return { ...entry, deletedMs: context.nowMs };
  if (mutation.type === "set") {
    const { value, expireAt } = mutation;
    return { ...entry, value, ...(expireAt === undefined ? {} : { expireAt }) };
  }
  const current = isThere(stood, context.nowMs) ? stood?.value : undefined;
  const combined = combine(mutation.type, current, mutation.operand);
  return combined === undefined ? undefined : { ...entry, value: { encoding: "u64", data: combined } };
};

/** What a sum, min or max comes to; undefined over a value that is no number. */
export const combine = (
  type: "sum" | "min" | "max",
  current: Value | undefined,
  operand: bigint,
): bigint | undefined => {
  if (current === undefined) return operand;
  if (current.encoding !== "u64") return undefined;
  if (type === "sum") return (current.data + operand) % u64Modulus;
  return (type === "min") === current.data < operand ? current.data : operand;
};
