/**
 * Frames: JSON text of an array of messages. Encoding trusts its own side's types; decoding trusts
 * nothing. up-codec.ts and down-codec.ts hold the messages; PROTOCOL.md describes every field.
 */
import type { PatchEntry } from "@rockpool/model";
import { readDown, writeDown, writePatch } from "./down-codec.ts";
import { readList } from "./field.ts";
import type { DownMessage, PatchMessage, UpMessage } from "./messages.ts";
import { describeFound, ProtocolError } from "./protocol-error.ts";
import { writeEntry } from "./ruling-codec.ts";
import { readUp, writeUp } from "./up-codec.ts";

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

const parseFrame = (frame: string): unknown => {
  try {
    return JSON.parse(frame);
  } catch (cause) {
    throw new ProtocolError("", "JSON text of an array of messages", describeFound(frame), { cause });
  }
};
