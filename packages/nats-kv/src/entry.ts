/**
 * Entries as users get them, with the raw message that some of them look at.
 */
import type { KvCodecs } from "./codecs.ts";
import type { KvWatchEntry } from "./kv.ts";
import { type MessageHeaders, MessageHeaders as Headers, messageSizeHeader } from "./message-headers.ts";
import { type Message, type Operation, operationOf } from "./message.ts";

/** The message that an entry stands for; of one that came alone the headers are `header`, of a feed's `headers`. */
export interface RawMessage {
  readonly subject: string;
  readonly seq: number;
  readonly header: MessageHeaders;
  readonly headers: MessageHeaders | undefined;
  readonly data: Uint8Array;
  readonly time: Date;
  readonly timestamp: string;
  readonly info: {
    readonly stream: string;
    readonly streamSequence: number;
    readonly pending: number;
    readonly timestampNanos: number;
  };
  json<T>(): T;
  string(): string;
}

/** What an entry is shown by. */
export interface EntryView {
  readonly bucket: string;
  readonly stream: string;
  readonly subject: string;
  readonly codec: KvCodecs;
  /** How many entries of the same answer follow. */
  readonly pending: number;
  /** Undefined for an entry that was got alone. */
  readonly isUpdate: boolean | undefined;
  /** Without its value, whose length a header tells. */
  readonly isHeadersOnly: boolean;
}

const nanosPerMs = 1_000_000;

export class MessageEntry implements Omit<KvWatchEntry, "isUpdate"> {
  readonly bucket: string;
  readonly sm: RawMessage;
  readonly isUpdate: boolean | undefined;
  readonly #codec: KvCodecs;
  readonly #message: Message;

  constructor(message: Message, view: EntryView) {
    this.bucket = view.bucket;
    this.isUpdate = view.isUpdate;
    this.#codec = view.codec;
    this.#message = message;
    this.sm = toRawMessage(message, view);
  }

  get key(): string {
    return this.#codec.key.decode(this.rawKey);
  }

  get rawKey(): string {
    return this.#message.key;
  }

  get value(): Uint8Array {
    return this.#codec.value.decode(this.sm.data);
  }

  get created(): Date {
    return new Date(this.#message.createdMs);
  }

  get revision(): number {
    return this.#message.revision;
  }

  get delta(): number {
    return this.sm.info.pending;
  }

  get operation(): Operation {
    return operationOf(this.#message);
  }

  get length(): number {
    return this.#message.data.length;
  }

  json<T>(reviver?: (this: unknown, key: string, value: unknown) => unknown): T {
    return JSON.parse(this.string(), reviver) as T;
  }

  string(): string {
    return new TextDecoder().decode(this.value);
  }
}

const toRawMessage = (
  message: Message,
  { stream, subject, pending, isHeadersOnly }: EntryView,
): RawMessage => {
  const header = new Headers(
    [...message.headers].flatMap(([name, values]) => values.map((value) => [name, value] as const)),
  );
  if (isHeadersOnly) header.set(messageSizeHeader, String(message.data.length));
  const data = isHeadersOnly ? new Uint8Array() : message.data;
  const time = new Date(message.createdMs);
  return {
    subject,
    seq: message.revision,
    header,
    headers: header.keys().length === 0 ? undefined : header,
    data,
    time,
    timestamp: time.toISOString(),
    info: {
      stream,
      streamSequence: message.revision,
      pending,
      timestampNanos: message.createdMs * nanosPerMs,
    },
    json: <T>() => JSON.parse(new TextDecoder().decode(data)) as T,
    string: () => new TextDecoder().decode(data),
  };
};
