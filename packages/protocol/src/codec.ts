/**
 * Frames: JSON text of an array of messages, each an object with a `type`; what is frequent
 * (commits, results, entries) stands in them as positional arrays. Encoding trusts its own side's
 * types; decoding trusts nothing. PROTOCOL.md describes every field.
 */
import type { PatchEntry } from "@rockpool/model";
import { readCommit, writeCommit } from "./commit-codec.ts";
import {
  failField,
  readBoolean,
  readId,
  readInteger,
  readList,
  readObject,
  readPrefix,
  readRevision,
  readStamp,
  readText,
  readTimeMs,
  readTuple,
  type Fields,
} from "./field.ts";
import type {
  DownMessage,
  Hello,
  PatchMessage,
  RelayLimits,
  Scope,
  SessionError,
  SessionErrorCode,
  UpMessage,
  Welcome,
} from "./messages.ts";
import { describeFound, ProtocolError } from "./protocol-error.ts";
import { readEntry, readResult, writeEntry, writeResult } from "./ruling-codec.ts";

/** A frame of what the replica sends. */
export const encodeUp = (messages: readonly UpMessage[]): string => JSON.stringify(messages.map(writeUp));

/** A frame of what the relay sends. */
export const encodeDown = (messages: readonly DownMessage[]): string =>
  JSON.stringify(messages.map(writeDown));

declare const encodedEntriesBrand: unique symbol;

/** Entries of a patch, encoded once for many frames. */
export type EncodedEntries = string & { readonly [encodedEntriesBrand]: true };

export const encodeEntries = (entries: readonly PatchEntry[]): EncodedEntries =>
  JSON.stringify(entries.map(writeEntry)) as EncodedEntries;

/** The frame of these messages and, behind them, of a patch, whose entries are taken as they were encoded. */
export const encodeWithEntries = (
  before: readonly DownMessage[],
  message: PatchMessage,
  entries: EncodedEntries,
): string => {
  const patch = JSON.stringify(writePatch({ ...message, patch: { ...message.patch, entries: [] } }));
  const first = before.map((other) => `${JSON.stringify(writeDown(other))},`).join("");
  return `[${first}${patch.slice(0, -"[]}".length)}${entries}}]`;
};

/** The messages of a frame from a replica, in order. @throws ProtocolError when any of it is malformed */
export const decodeUp = (frame: string): readonly UpMessage[] => readList(parseFrame(frame), "", readUp);

/** The messages of a frame from the relay, in order. @throws ProtocolError when any of it is malformed */
export const decodeDown = (frame: string): readonly DownMessage[] =>
  readList(parseFrame(frame), "", readDown);

const sessionErrorCodes: Readonly<Record<SessionErrorCode, true>> = {
  version: true,
  malformed: true,
  "too-large": true,
  unauthorized: true,
  busy: true,
  closing: true,
  internal: true,
};

const parseFrame = (frame: string): unknown => {
  try {
    return JSON.parse(frame);
  } catch (cause) {
    throw new ProtocolError("", "JSON text of an array of messages", describeFound(frame), { cause });
  }
};

const writeUp = (message: UpMessage): unknown => {
  switch (message.type) {
    case "hello":
      return { ...message, protocol: [message.protocol.min, message.protocol.max] };
    case "push":
      return { type: message.type, commits: message.commits.map(writeCommit) };
    case "pull":
    case "ping":
      return message;
  }
};

const readUp = (value: unknown): UpMessage => {
  const fields = readObject(value, "");
  switch (fields["type"]) {
    case "hello":
      return readHello(fields);
    case "push":
      return { type: "push", commits: readList(fields["commits"], "commits", readCommit) };
    case "pull":
      return {
        type: "pull",
        epoch: readId(fields["epoch"], "epoch"),
        from: readRevision(fields["from"], "from"),
      };
    case "ping":
      return { type: "ping", id: readInteger(fields["id"], "id", 0) };
    default:
      return failField("type", '"hello", "push", "pull" or "ping"', fields["type"]);
  }
};

const writeDown = (message: DownMessage): unknown => {
  switch (message.type) {
    case "ruled":
      return { type: message.type, results: message.results.map(writeResult) };
    case "patch":
      return writePatch(message);
    case "welcome":
    case "pong":
    case "error":
      return message;
  }
};

const readDown = (value: unknown): DownMessage => {
  const fields = readObject(value, "");
  switch (fields["type"]) {
    case "welcome":
      return readWelcome(fields);
    case "ruled":
      return { type: "ruled", results: readList(fields["results"], "results", readResult) };
    case "patch":
      return readPatch(fields);
    case "pong":
      return {
        type: "pong",
        id: readInteger(fields["id"], "id", 0),
        head: readRevision(fields["head"], "head"),
      };
    case "error":
      return readSessionError(fields);
    default:
      return failField("type", '"welcome", "ruled", "patch", "pong" or "error"', fields["type"]);
  }
};

const readHello = (fields: Fields): Hello => {
  const versions = readTuple(fields["protocol"], "protocol", 2);
  const min = readInteger(versions[0], "protocol", 1);
  const hello = {
    type: "hello",
    protocol: { min, max: readInteger(versions[1], "protocol", min) },
    bucket: readId(fields["bucket"], "bucket"),
    replica: readId(fields["replica"], "replica"),
    epoch: fields["epoch"] === null ? null : readId(fields["epoch"], "epoch"),
    cursor: readRevision(fields["cursor"], "cursor"),
    follow: readScope(fields["follow"], "follow"),
    clockMs: readTimeMs(fields["clockMs"], "clockMs"),
  } as const;
  return fields["token"] === undefined ? hello : { ...hello, token: readText(fields["token"], "token") };
};

const readWelcome = (fields: Fields): Welcome => ({
  type: "welcome",
  protocol: readInteger(fields["protocol"], "protocol", 1),
  epoch: readId(fields["epoch"], "epoch"),
  valid: readBoolean(fields["valid"], "valid"),
  head: readRevision(fields["head"], "head"),
  scope: readScope(fields["scope"], "scope"),
  limits: readLimits(fields["limits"]),
  clockMs: readTimeMs(fields["clockMs"], "clockMs"),
  helloClockMs: readTimeMs(fields["helloClockMs"], "helloClockMs"),
});

const readLimits = (value: unknown): RelayLimits => {
  const fields = readObject(value, "limits");
  const limit = (name: keyof RelayLimits): number => readInteger(fields[name], `limits.${name}`, 1);
  return {
    keyBytesMax: limit("keyBytesMax"),
    valueBytesMax: limit("valueBytesMax"),
    checksMax: limit("checksMax"),
    mutationsMax: limit("mutationsMax"),
    commitBytesMax: limit("commitBytesMax"),
    pushCommitsMax: limit("pushCommitsMax"),
    pushBytesMax: limit("pushBytesMax"),
  };
};

const writePatch = ({ type, epoch, scope, patch }: PatchMessage): unknown => ({
  type,
  epoch,
  scope,
  from: patch.from,
  to: patch.to,
  head: patch.head,
  upToDate: patch.upToDate,
  stamp: patch.stamp,
  results: patch.results.map(writeResult),
  // Last, where encodeWithEntries puts what is encoded already.
  entries: patch.entries.map(writeEntry),
});

const readPatch = (fields: Fields): PatchMessage => {
  const from = readRevision(fields["from"], "from");
  const to = readInteger(fields["to"], "to", from);
  return {
    type: "patch",
    epoch: readId(fields["epoch"], "epoch"),
    scope: readScope(fields["scope"], "scope"),
    patch: {
      from,
      to,
      head: readInteger(fields["head"], "head", to),
      upToDate: readBoolean(fields["upToDate"], "upToDate"),
      entries: readList(fields["entries"], "entries", readEntry),
      results: readList(fields["results"], "results", readResult),
      stamp: readStamp(fields["stamp"], "stamp"),
    },
  };
};

const readSessionError = (fields: Fields): SessionError => {
  const code = fields["code"];
  const error: SessionError = {
    type: "error",
    code: isSessionErrorCode(code)
      ? code
      : failField("code", `one of ${Object.keys(sessionErrorCodes).join(", ")}`, code),
    message: readText(fields["message"], "message"),
  };
  const retryAfterMs = fields["retryAfterMs"];
  return retryAfterMs === undefined
    ? error
    : { ...error, retryAfterMs: readTimeMs(retryAfterMs, "retryAfterMs") };
};

const isSessionErrorCode = (code: unknown): code is SessionErrorCode =>
  typeof code === "string" && Object.hasOwn(sessionErrorCodes, code);

/** Prefixes as packed keys, sorted, none a prefix of another; [""] is the whole bucket. */
const readScope = (value: unknown, name: string): Scope => {
  const scope = readList(value, name, (prefix) => readPrefix(prefix, ""));
  scope.forEach((prefix, index) => {
    const before = scope[index - 1];
    if (before !== undefined && (before >= prefix || prefix.startsWith(before))) {
      failField(`${name}[${index}]`, "prefixes sorted, none a prefix of another", prefix);
    }
  });
  return scope;
};
