/**
 * Between what the replica holds and what travels to the tab. The codec for rich values runs here,
 * on the host's side, so that the page need not load it.
 */
import { checkValueSize, type Mutation, type PackedKey, type Value, zeroVersionstamp } from "@rockpool/model";
import { type EntryView, isPresent, type ReplicaState } from "@rockpool/replica";
import type { TransportEntry, TransportMutation, TransportValue } from "./host-api.ts";
import { decodeRich, encodeRich } from "./rich-codec.ts";

export const toTransportValue = (value: Value): TransportValue =>
  value.encoding === "rich" ? { encoding: "clone", data: decodeRich(value) } : value;

/** @throws TypeError for a clone that the codec cannot keep, or that is too large */
export const fromTransportMutation = (mutation: TransportMutation, nowMs: number): Mutation => {
  if (mutation.type !== "set") return mutation;
  const { type, key, value, expireIn } = mutation;
  return {
    type,
    key,
    value: value.encoding === "clone" ? encodeClone(value.data) : value,
    ...(expireIn === undefined ? {} : { expireAt: nowMs + expireIn }),
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
): TransportEntry => {
  const present = isPresent(view, nowMs) && view.value !== undefined;
  const hasRelay = state.replica !== null;
  return {
    key,
    value: present && view.value !== undefined ? toTransportValue(view.value) : undefined,
    versionstamp: present && view.versionstamp !== zeroVersionstamp ? view.versionstamp : null,
    revision: hasRelay ? (present ? (view.revision ?? null) : null) : undefined,
    pending: view.lastWriter !== undefined,
  };
};

/** What a mutation would have written, for showing: the value of a set, the operand of a sum, min or max. */
export const operandOf = (mutation: Mutation): TransportValue | undefined => {
  if (mutation.type === "delete") return undefined;
  return mutation.type === "set"
    ? toTransportValue(mutation.value)
    : { encoding: "u64", data: mutation.operand };
};
