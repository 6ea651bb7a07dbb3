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
  type ReplicaId,
  type Revision,
  type Ruling,
  type Stamp,
  stampAfter,
  type SupersededMutation,
  type Value,
} from "@rockpool/model";
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
  /** Of a tombstone: when it was made, by the relay's clock, in ms since 1970. */
  readonly deletedMs?: number;
}

export interface OracleContext {
  readonly replica: ReplicaId;
  readonly revision: Revision;
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly limits: CommitLimits;
  readonly rights: Rights;
  readonly epochs: readonly { readonly epoch: EpochId; readonly firstRevision: Revision }[];
  readonly digestOf: (value: Value | undefined) => string;
  /** Mutations that the relay took, by index: whether it still knew of an old deletion, it alone can say. */
  readonly isTaken: (mutation: number) => boolean;
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
    const isInitial = mutation.type === "set" && mutation.initial === true;
    const stood = isInitial && isForgotten(known, context) && context.isTaken(index) ? undefined : known;
    const isTooLate = isInitial && stood !== undefined;
    const at = isTooLate
      ? undefined
      : isChecked
        ? given
        : timeOf(stood, mutation, given, context.replica, commit.name.host);
    if (at === undefined) {
      const mayKnow = isInScope(context.rights.read, mutation.key);
      superseded.push(
        mayKnow ? { mutation: index, winner: (stood as OracleEntry).writer } : { mutation: index },
      );
      continue;
    }
    const next = changed(after.get(mutation.key) ?? stood, mutation, at, commit, context);
    if (next === undefined) return refuse({ type: "type", mutation: index }, given);
    after.set(mutation.key, next);
  }
  return { ruling: { type: "accepted", superseded }, stamp: given, entries: [...after.values()] };
};

/** A deletion that the bucket need no longer keep. */
const isForgotten = (stood: OracleEntry | undefined, { nowMs, retentionMs }: OracleContext): boolean =>
  stood?.deletedMs !== undefined && stood.deletedMs < nowMs - retentionMs;

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
  const sets = values.filter((_, index) => mutations[index]?.type === "set");
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

const changed = (
  stood: OracleEntry | undefined,
  mutation: Mutation,
  stamp: Stamp,
  commit: Commit,
  { replica, revision, nowMs }: OracleContext,
): OracleEntry | undefined => {
  const { key } = mutation;
  const mark: Mark = { stamp, replica };
  const isReplaced = mutation.type === "set" || mutation.type === "delete";
  const common = {
    key,
    revision,
    touched: stood !== undefined && stood.touched.stamp > stamp ? stood.touched : mark,
    replaced: isReplaced ? mark : stood?.replaced,
    writer: commit.name,
  };
  if (mutation.type === "delete") return { ...common, deletedMs: nowMs };
  if (mutation.type === "set") {
    const { value, expireAt } = mutation;
    return { ...common, value, ...(expireAt === undefined ? {} : { expireAt }) };
  }
  if (mutation.type === "merge") throw new Error("these runs merge nothing");
  const current = isThere(stood, nowMs) ? stood?.value : undefined;
  const combined = combine(mutation.type, current, mutation.operand);
  return combined === undefined ? undefined : { ...common, value: { encoding: "u64", data: combined } };
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
