/**
 * Every key of Rockpool under which a bucket of NATS KV stands; written down in README.md, and built here
 * alone. A NATS bucket is named by its stream, as at a server.
 */
import type { Key } from "rockpool";

/** What all of it stands under. */
const rootPart = "nats-kv";

/** Of the entries that hold the buckets' configurations. */
export const streamsPrefix: Key = [rootPart, "stream"];
/** What a bucket is, as JSON. */
export const streamKey = (stream: string): Key => [...streamsPrefix, stream];
/** The last sequence given in it, a number, where it has no relay. */
export const sequenceKey = (stream: string): Key => [rootPart, "sequence", stream];
/** Of a bucket's messages. */
export const messagesPrefix = (stream: string): Key => [rootPart, "message", stream];
/** The last message of a key, its tokens one part each. */
export const messageKey = (stream: string, natsKey: string): Key => [
  ...messagesPrefix(stream),
  ...natsKey.split("."),
];
/** The NATS key of {@link messageKey}. */
export const natsKeyOf = (stream: string, key: Key): string =>
  key.slice(messagesPrefix(stream).length).join(".");
