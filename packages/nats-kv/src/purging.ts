/**
 * Removing messages without a marker, and what a stream holds: what a server offers on streams, for one
 * bucket.
 */
import { createKeyFilter } from "./key-filter.ts";
import type { Message } from "./message.ts";
import type { Stream } from "./stream.ts";
import type { PurgeOpts, PurgeResponse, StreamInfo } from "./stream-info.ts";

/**
 * @throws StreamNotFoundError; Error for a `keep` above 1 or of several keys: Rockpool drops a key's older versions
 * together
 */
export const purgeMessages = async (stream: Stream, options: PurgeOpts): Promise<PurgeResponse> => {
  const { filter: subject = `${stream.subjectPrefix}.>`, seq, keep = 0 } = options;
  const filter = subject.slice(stream.subjectPrefix.length + 1);
  const messages = await stream.messages(createKeyFilter([filter]));
  if (keep > 1 || (keep === 1 && new Set(messages.map(({ key }) => key)).size > 1)) {
    throw new Error(
      `keep is ${keep} for ${subject}: the older versions of a key go together, so that keep can be 0, or 1 of a single key`,
    );
  }
  const lasts = new Map(messages.map((message) => [message.key, message]));
  let purged = 0;
  for (const last of lasts.values()) {
    if (seq !== undefined && last.revision >= seq) continue;
    const ofKey = messages.filter(({ key }) => key === last.key);
    const isGone = keep === 0 ? await stream.remove(last) : await stream.dropOlder(last);
    if (isGone) purged += ofKey.length - keep;
  }
  return { success: true, purged };
};

/** What a server would say of the stream. @throws StreamNotFoundError */
export const streamInfo = async (stream: Stream): Promise<StreamInfo> => {
  const { config, created } = await stream.mustGet();
  const messages = await stream.messages();
  const [first, last] = [messages[0], messages.at(-1)];
  const lastSequence = Math.max(await stream.lastSequence(), last?.revision ?? 0);
  return {
    type: "io.nats.jetstream.api.v1.stream_info_response",
    total: 0,
    offset: 0,
    limit: 0,
    config,
    created,
    state: {
      messages: messages.length,
      bytes: await stream.bytes(messages),
      first_seq: first?.revision ?? (lastSequence > 0 ? lastSequence + 1 : 0),
      first_ts: timeOf(first),
      last_seq: lastSequence,
      last_ts: timeOf(last),
      num_deleted: 0,
      deleted: [],
      lost: { msgs: [], bytes: 0 },
      consumer_count: 0,
      num_subjects: new Set(messages.map(({ key }) => key)).size,
    },
  };
};

const timeOf = (message: Message | undefined): string =>
  message === undefined ? "0001-01-01T00:00:00Z" : new Date(message.createdMs).toISOString();
