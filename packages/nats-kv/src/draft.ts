/**
 * A message before it is landed: how long it will live, and what a server would refuse of it, in the
 * server's order.
 */
import { parseTtlMs } from "./durations.ts";
import { bucketFull, InvalidArgumentError, ttlDisabled, valueTooLarge, wrongLastSequence } from "./errors.ts";
import {
  expectedSequenceHeader,
  markerReasonHeader,
  MessageHeaders,
  operationHeader,
  rollupHeader,
  ttlHeader,
} from "./message-headers.ts";
import { type Message, type Operation, operationOf, payloadBytes, storedBytes } from "./message.ts";
import { markerMs, maxAgeMs } from "./stream-config.ts";
import type { StreamConfig } from "./stream-info.ts";

export interface Draft {
  readonly headers: MessageHeaders;
  readonly data: Uint8Array;
  /** The revision that the key's last message must have, as text; "0": there must be none. */
  readonly expectedSequence: string | undefined;
  /** Whether the key's older versions go. */
  readonly isRollup: boolean;
  /** When it came about, if that is not now. */
  readonly createdMs?: number;
}

/** What NATS' client sends at most, in bytes, and a server takes. */
const payloadBytesMax = 1024 * 1024;
/** Room that a stored message needs for headers of its own, in bytes: Rockpool takes values of 1 MiB in all. */
const headroomBytes = 256;

export const createDraft = (
  operation: Operation,
  data: Uint8Array,
  options: { readonly previousSeq?: number | undefined; readonly ttl?: string | undefined } = {},
): Draft => {
  const headers = new MessageHeaders();
  if (operation !== "PUT") headers.set(operationHeader, operation);
  if (operation === "PURGE") headers.set(rollupHeader, "sub");
  if (options.previousSeq !== undefined) headers.set(expectedSequenceHeader, String(options.previousSeq));
  if (options.ttl) headers.set(ttlHeader, options.ttl);
  const expectedSequence = headers.has(expectedSequenceHeader)
    ? headers.get(expectedSequenceHeader)
    : undefined;
  return { headers, data, expectedSequence, isRollup: operation === "PURGE" };
};

/** What stands in the place of a message whose life ended. */
export const markerDraft = (ended: Message): Draft => ({
  headers: new MessageHeaders([[markerReasonHeader, "MaxAge"]]),
  data: new Uint8Array(),
  expectedSequence: String(ended.revision),
  isRollup: true,
  createdMs: ended.expireAtMs ?? ended.createdMs,
});

/** @throws JetStreamApiError 10166, 10165, 10071, 10054 or 10077, the first that is so; InvalidArgumentError for more than a message holds */
export const judgeDraft = async (
  draft: Draft,
  onto: { readonly config: StreamConfig; readonly last: Message | undefined; readonly subject: string },
  measure: () => Promise<number>,
): Promise<void> => {
  const { config, last, subject } = onto;
  const ttl = draft.headers.get(ttlHeader);
  if (ttl !== "") {
    if (config.allow_msg_ttl !== true) throw ttlDisabled();
    parseTtlMs(ttl);
  }
  const current = last?.revision ?? 0;
  if (draft.expectedSequence !== undefined && Number(draft.expectedSequence) !== current) {
    throw wrongLastSequence(current);
  }
  const bytes = payloadBytes(draft);
  if (bytes > payloadBytesMax - headroomBytes) {
    throw new InvalidArgumentError(
      `'payload' max_payload size exceeded: received ${bytes} bytes with headers, at most ${payloadBytesMax - headroomBytes}; store large values in parts`,
    );
  }
  if (config.max_msg_size >= 0 && bytes > config.max_msg_size) throw valueTooLarge();
  if (config.max_bytes < 0) return;
  const message = { ...draft, createdMs: 0, sequence: undefined, expireAtMs: undefined, isFirst: false };
  const replaced =
    config.max_msgs_per_subject === 1 && last !== undefined ? storedBytes(last, subject, config.storage) : 0;
  const after = (await measure()) - replaced + storedBytes(message, subject, config.storage);
  if (after > config.max_bytes) throw bucketFull();
};

/**
 * When a message's life ends, and how long Rockpool keeps it, in ms from now: longer by the marker of its
 * end, so that this can still be written. Undefined: for ever.
 */
export const lifeMsOf = (
  draft: Draft,
  config: StreamConfig,
  nowMs: number,
): { readonly expireAtMs: number | undefined; readonly keptMs: number | undefined } => {
  const markedMs = markerMs(config);
  if (draft.headers.has(markerReasonHeader)) return kept(markedMs, nowMs, 0);
  const ttl = draft.headers.get(ttlHeader);
  // As ADR-43 has it: a marker must not outlive what it marks the end of.
  const leastMs = config.max_msgs_per_subject === 1 ? 0 : markedMs;
  const lifeMs = ttl === "" ? maxAgeMs(config) : atLeast(parseTtlMs(ttl), leastMs);
  const isMarked = markedMs > 0 && !draft.headers.has(operationHeader);
  return kept(lifeMs, nowMs, isMarked ? markedMs : 0);
};

/** How long Rockpool goes on to keep a message that stands, in ms from now. Undefined: for ever. */
export const remainingMsOf = (message: Message, config: StreamConfig, nowMs: number): number | undefined => {
  if (message.expireAtMs === undefined) return undefined;
  const markedMs = operationOf(message) === "PUT" ? markerMs(config) : 0;
  return Math.max(message.expireAtMs + markedMs - nowMs, 0);
};

const kept = (
  lifeMs: number | undefined,
  nowMs: number,
  afterMs: number,
): { readonly expireAtMs: number | undefined; readonly keptMs: number | undefined } =>
  lifeMs === undefined
    ? { expireAtMs: undefined, keptMs: undefined }
    : { expireAtMs: nowMs + lifeMs, keptMs: lifeMs + afterMs };

const atLeast = (ms: number | undefined, leastMs: number): number | undefined =>
  ms === undefined ? undefined : Math.max(ms, leastMs);
