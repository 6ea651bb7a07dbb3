/**
 * A message: one version of a key, as it stands in Rockpool. The value is the message as NATS writes one
 * with headers, with headers of our own in front, which no reader of the bucket is shown.
 */
import {
  decodeFrame,
  encodeFrame,
  markerReasonHeader,
  MessageHeaders,
  operationHeader,
} from "./message-headers.ts";

export type Operation = "PUT" | "DEL" | "PURGE";

/** What is stored of a message. */
export interface StoredMessage {
  /** Those of NATS. */
  readonly headers: MessageHeaders;
  readonly data: Uint8Array;
  /** By its writer's clock. */
  readonly createdMs: number;
  /** Its place in a bucket that has no relay. */
  readonly sequence: number | undefined;
  /** When its life ends; undefined: never. */
  readonly expireAtMs: number | undefined;
  /** Whether the key's older versions are gone. */
  readonly isFirst: boolean;
}

export interface Message extends StoredMessage {
  /** As stored: encoded, if the bucket has a codec. */
  readonly key: string;
  /** What a user of NATS knows it by: see {@link revisionOf}. */
  readonly revision: number;
  readonly versionstamp: string;
}

const createdHeader = "Rockpool-Created";
const sequenceHeader = "Rockpool-Sequence";
const expiresHeader = "Rockpool-Expires";
const firstHeader = "Rockpool-First";
const ownHeaders: readonly string[] = [createdHeader, sequenceHeader, expiresHeader, firstHeader];

export const encodeMessage = (message: StoredMessage): Uint8Array => {
  const { createdMs, sequence, expireAtMs, isFirst } = message;
  const own: (readonly [string, string])[] = [[createdHeader, String(createdMs)]];
  if (sequence !== undefined) own.push([sequenceHeader, String(sequence)]);
  if (expireAtMs !== undefined) own.push([expiresHeader, String(expireAtMs)]);
  if (isFirst) own.push([firstHeader, "true"]);
  const nats = [...message.headers].flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );
  return encodeFrame(new MessageHeaders([...own, ...nats]), message.data);
};

/** Undefined for what no bucket of NATS KV wrote. */
export const decodeMessage = (value: unknown): StoredMessage | undefined => {
  const frame = value instanceof Uint8Array ? decodeFrame(value) : undefined;
  if (frame === undefined) return undefined;
  const { headers, data } = frame;
  const numberOf = (name: string): number | undefined =>
    headers.has(name) ? Number(headers.get(name)) : undefined;
  const message = {
    headers,
    data,
    createdMs: numberOf(createdHeader) ?? 0,
    sequence: numberOf(sequenceHeader),
    expireAtMs: numberOf(expiresHeader),
    isFirst: headers.has(firstHeader),
  };
  for (const name of ownHeaders) headers.delete(name);
  return message;
};

/**
 * The number that a user of NATS knows a version by. Without a relay: its sequence, 1 for the bucket's
 * first. With one: the position in this device's log of the row that brought it into view; see
 * docs/decisions/019-revisions-of-nats-kv.md.
 */
export const revisionOf = (versionstamp: string, sequence: number | undefined, hasRelay: boolean): number =>
  hasRelay || sequence === undefined ? positionOf(versionstamp) : sequence;

/** A safe integer until the year 2248: positions begin at the time of day in ms × 1024. */
export const positionOf = (versionstamp: string): number => Number.parseInt(versionstamp.slice(0, 16), 16);

export const operationOf = ({ headers }: Pick<StoredMessage, "headers">): Operation => {
  if (headers.get(markerReasonHeader) === "MaxAge") return "PURGE";
  return (headers.get(operationHeader) || "PUT") as Operation;
};

/** Bytes of a message by which limits and `status` count: header and data, as at a server. */
export const payloadBytes = ({ headers, data }: Pick<StoredMessage, "headers" | "data">): number =>
  headers.toString().length + data.length;

/** Bytes that a message takes at a server. Source: fileStoreMsgSize and memStoreMsgSize of nats-server. */
export const storedBytes = (message: StoredMessage, subject: string, storage: "file" | "memory"): number => {
  const bytes = subject.length + payloadBytes(message);
  if (storage === "memory") return bytes + 16;
  return bytes + (message.headers.keys().length === 0 ? 30 : 34);
};
