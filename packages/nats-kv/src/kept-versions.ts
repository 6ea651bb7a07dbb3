/**
 * Which of the versions that Rockpool keeps of a key are messages of its NATS bucket: those since the key
 * was last purged or removed, as many as the bucket's history, and none whose life is over.
 */
import type { KvVersion } from "rockpool";
import { natsKeyOf } from "./layout.ts";
import { decodeMessage, type Message, operationOf, revisionOf } from "./message.ts";
import { markerMs } from "./stream-config.ts";
import type { StreamConfig } from "./stream-info.ts";

/** What a bucket's versions are read by. */
export interface Lens {
  readonly config: StreamConfig;
  /** Whether the Rockpool bucket has a relay. */
  readonly hasRelay: boolean;
}

/** A version as a message; undefined for a removal, and for what NATS KV did not write. */
export const toMessage = (
  { key, value, versionstamp }: Pick<KvVersion<unknown>, "key" | "value" | "versionstamp">,
  { config, hasRelay }: Lens,
): Message | undefined => {
  const stored = decodeMessage(value);
  if (stored === undefined) return undefined;
  const revision = revisionOf(versionstamp, stored.sequence, hasRelay);
  return { ...stored, key: natsKeyOf(config.name, key), versionstamp, revision };
};

/** Of the versions of one key, oldest first. */
export const keptMessages = (
  versions: readonly KvVersion<unknown>[],
  lens: Lens,
  nowMs: number,
): readonly Message[] => {
  const removal = versions.findLastIndex(({ type }) => type === "delete");
  const messages = versions.slice(removal + 1).flatMap((version) => toMessage(version, lens) ?? []);
  const last = messages.at(-1);
  if (last === undefined || isOver(last, nowMs)) return [];
  const first = messages.findLastIndex(({ isFirst }) => isFirst);
  const history = lens.config.max_msgs_per_subject;
  return messages
    .slice(Math.max(first, 0))
    .slice(history > 0 ? -history : 0)
    .filter((message) => !isOver(message, nowMs));
};

export const isOver = ({ expireAtMs }: Message, nowMs: number): boolean =>
  expireAtMs !== undefined && expireAtMs <= nowMs;

/** Whether the end of this message, which is its key's last, leaves a marker that nobody has written yet. */
export const leavesMarker = (message: Message, { config }: Lens, nowMs: number): boolean =>
  markerMs(config) > 0 && isOver(message, nowMs) && operationOf(message) === "PUT";

export const byRevision = (one: Message, other: Message): number => one.revision - other.revision;
