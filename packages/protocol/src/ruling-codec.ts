/**
 * Results and entries on the wire: positional arrays, written and read in pairs. The order of the
 * fields is PROTOCOL.md's; a new field goes behind the last one.
 */
import type { CommitResult, PatchEntry, RejectionReason, Ruling, SupersededMutation } from "@rockpool/model";
import {
  failField,
  readId,
  readInteger,
  readKey,
  readList,
  readName,
  readRevision,
  readStamp,
  readText,
  readTimeMs,
  readTuple,
} from "./field.ts";
import { errorWithin } from "./protocol-error.ts";
import { readValue, writeValue, type WireValue } from "./value-codec.ts";

type WireSuperseded = readonly [mutation: number] | readonly [mutation: number, host: string, n: number];

type WireReason =
  | readonly [type: "check", checks: readonly number[]]
  | readonly [type: "type" | "missing", mutation: number]
  | readonly [type: "limit" | "permission", message: string]
  | readonly [type: "too-old" | "unknown"];

type WireRuling =
  | readonly [type: "accepted", superseded: readonly WireSuperseded[]]
  | readonly [type: "rejected", reason: WireReason];

export type WireResult = readonly [
  host: string,
  n: number,
  tag: string,
  revision: number,
  stamp: string,
  ...ruling: WireRuling,
];

export type WireEntry =
  | readonly [key: string, revision: number]
  | readonly [key: string, revision: number, value: WireValue]
  | readonly [key: string, revision: number, value: WireValue, expireAt: number]
  | readonly [key: string, revision: number, value: WireValue, expireAt: null, appends: 1];

export const writeResult = ({ name, tag, revision, stamp, ruling }: CommitResult): WireResult => [
  name.host,
  name.n,
  tag,
  revision,
  stamp,
  ...writeRuling(ruling),
];

/** @throws ProtocolError */
export const readResult = (value: unknown): CommitResult => {
  const fields = readTuple(value, "", 7);
  return {
    name: readName(fields[0], fields[1]),
    tag: readId(fields[2], "tag"),
    revision: readRevision(fields[3], "revision"),
    stamp: readStamp(fields[4], "stamp"),
    ruling: readRuling(fields[5], fields[6]),
  };
};

export const writeEntry = ({ key, value, expireAt, revision, appends }: PatchEntry): WireEntry => {
  if (value === undefined) return [key, revision];
  if (appends === true) return [key, revision, writeValue(value), null, 1];
  return expireAt === undefined
    ? [key, revision, writeValue(value)]
    : [key, revision, writeValue(value), expireAt];
};

/** @throws ProtocolError */
export const readEntry = (value: unknown): PatchEntry => {
  const fields = readTuple(value, "", 2);
  const key = readKey(fields[0], "key");
  const revision = readInteger(fields[1], "revision", 1);
  if (fields[2] === undefined || fields[2] === null) return { key, revision };
  const entryValue = readValue(fields[2], "value");
  if (fields[4] === 1) {
    if (entryValue.encoding !== "document") return failField("value", "a document, as it appends", fields[2]);
    return { key, revision, value: entryValue, appends: true };
  }
  return fields[3] === undefined || fields[3] === null
    ? { key, revision, value: entryValue }
    : { key, revision, value: entryValue, expireAt: readTimeMs(fields[3], "expireAt") };
};

const writeRuling = (ruling: Ruling): WireRuling =>
  ruling.type === "accepted"
    ? [
        "accepted",
        ruling.superseded.map(({ mutation, winner }): WireSuperseded =>
          winner === undefined ? [mutation] : [mutation, winner.host, winner.n],
        ),
      ]
    : ["rejected", writeReason(ruling.reason)];

const readRuling = (type: unknown, detail: unknown): Ruling => {
  switch (type) {
    case "accepted":
      return { type, superseded: readList(detail, "superseded", readSuperseded) };
    case "rejected":
      try {
        return { type, reason: readReason(detail) };
      } catch (error) {
        throw errorWithin("reason", error);
      }
    default:
      return failField("ruling", '"accepted" or "rejected"', type);
  }
};

const readSuperseded = (value: unknown): SupersededMutation => {
  const fields = readTuple(value, "", 1);
  const mutation = readInteger(fields[0], "mutation", 0);
  return fields[1] === undefined ? { mutation } : { mutation, winner: readName(fields[1], fields[2]) };
};

const writeReason = (reason: RejectionReason): WireReason => {
  switch (reason.type) {
    case "check":
      return ["check", reason.checks];
    case "type":
    case "missing":
      return [reason.type, reason.mutation];
    case "limit":
    case "permission":
      return [reason.type, reason.message];
    case "too-old":
    case "unknown":
      return [reason.type];
  }
};

const readReason = (value: unknown): RejectionReason => {
  const [type, detail] = readTuple(value, "", 1);
  switch (type) {
    case "check":
      return { type, checks: readList(detail, "checks", (index) => readInteger(index, "", 0)) };
    case "type":
    case "missing":
      return { type, mutation: readInteger(detail, "mutation", 0) };
    case "limit":
    case "permission":
      return { type, message: readText(detail, "message") };
    case "too-old":
    case "unknown":
      return { type };
    default:
      return failField(
        "type",
        '"check", "type", "missing", "limit", "permission", "too-old" or "unknown"',
        type,
      );
  }
};
