/**
 * The messages of the relay on the wire, written and read in pairs: objects with a `type`, results
 * and entries in them as positional arrays.
 */
import { readAware, writeAware } from "./aware-codec.ts";
import {
  failField,
  readBoolean,
  readId,
  readInteger,
  readKey,
  readList,
  readObject,
  readPrefix,
  readRevision,
  readScope,
  readStamp,
  readText,
  readTimeMs,
  type Fields,
} from "./field.ts";
import type {
  DownMessage,
  PageMessage,
  PatchMessage,
  RelayLimits,
  SessionError,
  SessionErrorCode,
  Welcome,
} from "./messages.ts";
import { readEntry, readResult, writeEntry, writeResult } from "./ruling-codec.ts";

const sessionErrorCodes: Readonly<Record<SessionErrorCode, true>> = {
  version: true,
  malformed: true,
  "too-large": true,
  unauthorized: true,
  scope: true,
  busy: true,
  closing: true,
  internal: true,
};

export const writeDown = (message: DownMessage): unknown => {
  switch (message.type) {
    case "ruled":
      return { type: message.type, results: message.results.map(writeResult) };
    case "patch":
      return writePatch(message);
    case "page":
      return { ...message, entries: message.entries.map(writeEntry) };
    case "aware":
      return writeAware(message);
    case "welcome":
    case "renewed":
    case "verified":
    case "pong":
    case "error":
      return message;
  }
};

/** @throws ProtocolError */
export const readDown = (value: unknown): DownMessage => {
  const fields = readObject(value, "");
  switch (fields["type"]) {
    case "welcome":
      return readWelcome(fields);
    case "ruled":
      return { type: "ruled", results: readList(fields["results"], "results", readResult) };
    case "patch":
      return readPatch(fields);
    case "page":
      return readPage(fields);
    case "renewed":
      return { type: "renewed", expiresInMs: readExpiresInMs(fields) };
    case "verified":
      return {
        type: "verified",
        at: readRevision(fields["at"], "at"),
        equal: fields["equal"] === null ? null : readBoolean(fields["equal"], "equal"),
      };
    case "pong":
      return {
        type: "pong",
        id: readInteger(fields["id"], "id", 0),
        head: readRevision(fields["head"], "head"),
      };
    case "aware":
      return readAware(fields);
    case "error":
      return readSessionError(fields);
    default:
      return failField(
        "type",
        '"welcome", "ruled", "patch", "page", "renewed", "verified", "pong", "aware" or "error"',
        fields["type"],
      );
  }
};

const readWelcome = (fields: Fields): Welcome => ({
  type: "welcome",
  protocol: readInteger(fields["protocol"], "protocol", 1),
  epoch: readId(fields["epoch"], "epoch"),
  valid: readBoolean(fields["valid"], "valid"),
  shared: readRevision(fields["shared"], "shared"),
  head: readRevision(fields["head"], "head"),
  scope: readScope(fields["scope"], "scope"),
  subject: fields["subject"] === null ? null : readId(fields["subject"], "subject"),
  expiresInMs: readExpiresInMs(fields),
  limits: readLimits(fields["limits"]),
  clockMs: readTimeMs(fields["clockMs"], "clockMs"),
  helloClockMs: readTimeMs(fields["helloClockMs"], "helloClockMs"),
});

const readExpiresInMs = ({ expiresInMs }: Fields): number | null =>
  expiresInMs === null ? null : readTimeMs(expiresInMs, "expiresInMs");

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

export const writePatch = ({ type, epoch, scope, patch, paused }: PatchMessage): unknown => ({
  type,
  epoch,
  scope,
  paused,
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
    ...(fields["paused"] === true ? { paused: true } : {}),
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

const readPage = (fields: Fields): PageMessage => ({
  type: "page",
  epoch: readId(fields["epoch"], "epoch"),
  scope: readScope(fields["scope"], "scope"),
  after: readPrefix(fields["after"], "after"),
  next: fields["next"] === null ? null : readKey(fields["next"], "next"),
  head: readRevision(fields["head"], "head"),
  entries: readList(fields["entries"], "entries", readEntry),
  stamp: readStamp(fields["stamp"], "stamp"),
});

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
