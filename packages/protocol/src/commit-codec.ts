/**
 * Commits on the wire: positional arrays, written and read in pairs. The order of the fields is
 * PROTOCOL.md's; a new field goes behind the last one.
 */
import { encodeBase64, type Check, type Commit, type Mutation, type Revision } from "@rockpool/model";
import {
  failField,
  readBytes,
  readId,
  readIncarnation,
  readKey,
  readList,
  readName,
  readRevision,
  readStamp,
  readTimeMs,
  readTuple,
  readU64,
} from "./field.ts";
import { readValue, writeValue, type WireValue } from "./value-codec.ts";

type WireCheck =
  | readonly [key: string, type: "absent"]
  | readonly [key: string, type: "revision", epoch: string, revision: number]
  | readonly [key: string, type: "written", host: string, n: number, digest: string];

type WireMutation =
  | readonly [type: "set", key: string, value: WireValue]
  | readonly [type: "set", key: string, value: WireValue, expireAt: number]
  | readonly [type: "initial", key: string, value: WireValue]
  | readonly [type: "initial", key: string, value: WireValue, expireAt: number]
  | readonly [type: "delete", key: string]
  | readonly [type: "sum" | "min" | "max", key: string, operand: string]
  | readonly [type: "merge", key: string, update: string, incarnation: Revision | null];

export type WireCommit = readonly [
  host: string,
  n: number,
  tag: string,
  stamp: string,
  checks: readonly WireCheck[],
  mutations: readonly WireMutation[],
];

export const writeCommit = (commit: Commit): WireCommit => [
  commit.name.host,
  commit.name.n,
  commit.tag,
  commit.stamp,
  commit.checks.map(writeCheck),
  commit.mutations.map(writeMutation),
];

/** @throws ProtocolError */
export const readCommit = (value: unknown): Commit => {
  const fields = readTuple(value, "", 6);
  return {
    name: readName(fields[0], fields[1]),
    tag: readId(fields[2], "tag"),
    stamp: readStamp(fields[3], "stamp"),
    checks: readList(fields[4], "checks", readCheck),
    mutations: readList(fields[5], "mutations", readMutation),
  };
};

const writeCheck = ({ key, premise }: Check): WireCheck => {
  switch (premise.type) {
    case "absent":
      return [key, "absent"];
    case "revision":
      return [key, "revision", premise.epoch, premise.revision];
    case "written":
      return [key, "written", premise.by.host, premise.by.n, premise.digest];
  }
};

const readCheck = (value: unknown): Check => {
  const fields = readTuple(value, "", 2);
  const key = readKey(fields[0], "key");
  switch (fields[1]) {
    case "absent":
      return { key, premise: { type: "absent" } };
    case "revision": {
      const epoch = readId(fields[2], "epoch");
      return { key, premise: { type: "revision", epoch, revision: readRevision(fields[3], "revision") } };
    }
    case "written": {
      const by = readName(fields[2], fields[3]);
      return { key, premise: { type: "written", by, digest: readId(fields[4], "digest") } };
    }
    default:
      return failField("premise", '"absent", "revision" or "written"', fields[1]);
  }
};

const writeMutation = (mutation: Mutation): WireMutation => {
  switch (mutation.type) {
    case "set": {
      const type = mutation.initial === true ? "initial" : "set";
      return mutation.expireAt === undefined
        ? [type, mutation.key, writeValue(mutation.value)]
        : [type, mutation.key, writeValue(mutation.value), mutation.expireAt];
    }
    case "delete":
      return ["delete", mutation.key];
    case "sum":
    case "min":
    case "max":
      return [mutation.type, mutation.key, mutation.operand.toString()];
    case "merge":
      return ["merge", mutation.key, encodeBase64(mutation.update), mutation.incarnation];
  }
};

const readMutation = (value: unknown): Mutation => {
  const fields = readTuple(value, "", 2);
  const type = fields[0];
  const key = readKey(fields[1], "key");
  switch (type) {
    case "set":
    case "initial":
      return {
        type: "set",
        key,
        value: readValue(fields[2], "value"),
        ...(fields[3] === undefined || fields[3] === null
          ? {}
          : { expireAt: readTimeMs(fields[3], "expireAt") }),
        ...(type === "initial" ? { initial: true } : {}),
      };
    case "delete":
      return { type, key };
    case "sum":
    case "min":
    case "max":
      return { type, key, operand: readU64(fields[2], "operand") };
    case "merge": {
      const incarnation = readIncarnation(fields[3]);
      return { type, key, update: readBytes(fields[2], "update"), incarnation };
    }
    default:
      return failField("type", '"set", "initial", "delete", "sum", "min", "max" or "merge"', type);
  }
};
