/**
 * Between what the replica holds and what travels to the tab. The codec for rich values runs here,
 * on the host's side, so that the page need not load it.
 */
import {
  type AskedMutation,
  checkValueSize,
  createDocument,
  type Mutation,
  type PackedKey,
  type Value,
  zeroVersionstamp,
} from "@rockpool/model";
import type { BucketSettings } from "@rockpool/log";
import { type EntryView, isPresent, type ReplicaState } from "@rockpool/replica";
import type { TransportMutation } from "./host-api.ts";
import type { TransportEntry, TransportValue, TransportVersion } from "./transport-entry.ts";
import { decodeRich, encodeRich } from "./rich-codec.ts";

export const toTransportValue = (value: Value): TransportValue =>
  value.encoding === "rich" ? { encoding: "clone", data: decodeRich(value) } : value;

/** The last moment that a Date can hold, in ms since 1970. */
const expireAtMsMax = 8.64e15;

/**
 * A mutation as it is kept: a set that says nothing of its end lives as long as the bucket has it.
 * @throws TypeError for a clone that the codec cannot keep, or that is too large, and for a life without end
 */
export const fromTransportMutation = (
  mutation: TransportMutation,
  nowMs: number,
  { expireInMs }: BucketSettings,
): AskedMutation => {
  if (mutation.type !== "set") return mutation;
  const { type, key, value, expireIn = expireInMs ?? "never" } = mutation;
  if (expireIn !== "never" && nowMs + expireIn > expireAtMsMax) {
    throw new TypeError(
      `Invalid mutation: expireIn is too large: ${expireIn}; pass "never" for an entry that never ends`,
    );
  }
  return {
    type,
    key,
    value: value.encoding === "clone" ? encodeClone(value.data) : value,
    ...(expireIn === "never" ? {} : { expireAt: nowMs + expireIn }),
  };
};

const encodeClone = (clone: unknown): Value => {
  const value = encodeRich(clone);
  checkValueSize(value);
  return value;
};

/** An entry as a reader at `nowMs` sees it. */
export const toTransportEntry = (
  state: ReplicaState,
  key: PackedKey,
  view: EntryView,
  nowMs: number,
  withValue = true,
): TransportEntry => {
  const present = isPresent(view, nowMs) && view.value !== undefined;
  const hasRelay = state.replica !== null;
  return {
    key,
    value: withValue && present && view.value !== undefined ? toTransportValue(view.value) : undefined,
    versionstamp: present && view.versionstamp !== zeroVersionstamp ? view.versionstamp : null,
    revision: hasRelay ? (present ? (view.revision ?? null) : null) : undefined,
    pending: view.lastWriter !== undefined,
  };
};

/** A version as it was, whatever its end. */
export const toTransportVersion = ({ value, versionstamp, expireAt }: EntryView): TransportVersion => ({
  value: value === undefined ? undefined : toTransportValue(value),
  versionstamp,
  expireAt,
});

/** What a mutation would have written, for showing: the value of a set, the operand of a sum, min or max, the update of a merge. */
export const operandOf = (mutation: Mutation): TransportValue | undefined => {
  switch (mutation.type) {
    case "delete":
      return undefined;
    case "set":
      return toTransportValue(mutation.value);
    case "sum":
    case "min":
    case "max":
      return { encoding: "u64", data: mutation.operand };
    case "merge":
      return createDocument(mutation.update, mutation.incarnation);
  }
};
