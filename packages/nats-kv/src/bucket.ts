/**
 * A bucket: NATS KV over the messages of a stream. Turns what users ask for into messages; the stream
 * decides whether they land.
 */
import { BucketReader, lastOfKeys } from "./bucket-reader.ts";
import type { Payload } from "./codecs.ts";
import { createDraft } from "./draft.ts";
import { JetStreamApiError } from "./errors.ts";
import type { JetStreamClient } from "./jetstream.ts";
import { hasWildcards, validateBucket } from "./key-rules.ts";
import type { ConfirmOptions, KV, KvDeleteOptions, KvPurgeOptions, KvPutOptions } from "./kv.ts";
import { operationOf } from "./message.ts";
import { purgeMessages } from "./purging.ts";
import { createStreamConfig, defaultBucketOpts, type KvOptions } from "./stream-config.ts";
import type { PurgeOpts, PurgeResponse } from "./stream-info.ts";

/** Keys of a delete with wildcards that are deleted at a time. Source: @nats-io/kv. */
const deleteBatch = 100;
/** How old a marker is that `purgeDeletes` removes, in ms. Source: @nats-io/kv. */
const purgeDeletesMs = 30 * 60 * 1000;
/** Conflicts that `create` looks into: the key may be deleted. */
const wrongSequenceCodes: ReadonlySet<number> = new Set([10071, 10164]);

export class Bucket extends BucketReader implements KV {
  /** Opens the bucket, and makes it when it is new; of one that is there the options count for nothing. */
  static async create(js: JetStreamClient, name: string, options: Partial<KvOptions> = {}): Promise<Bucket> {
    validateBucket(name);
    const jsm = await js.jetstreamManager();
    const merged = { ...defaultBucketOpts(), ...options };
    const bucket = new Bucket(name, js, jsm, { ...merged, allow_direct: options.allow_direct ?? true });
    const stored = await bucket.messages.get();
    const config = stored?.config ?? createStreamConfig(name, merged);
    await js.nc.keepHistory(config.max_msgs_per_subject);
    if (stored === null) await bucket.messages.create(config);
    return bucket;
  }

  /** Opens the bucket without looking whether it is there. */
  static override async bind(
    js: JetStreamClient,
    name: string,
    options: Partial<KvOptions> = {},
  ): Promise<Bucket> {
    validateBucket(name);
    return new Bucket(name, js, await js.jetstreamManager(), options);
  }

  async put(key: string, value: Payload, options: Partial<KvPutOptions> = {}): Promise<number> {
    return this.#put(key, value, options);
  }

  async create(
    key: string,
    value: Payload,
    markerTTL?: string,
    options: ConfirmOptions = {},
  ): Promise<number> {
    try {
      return await this.#put(key, value, { ...options, previousSeq: 0 }, markerTTL);
    } catch (error) {
      if (error instanceof JetStreamApiError && !wrongSequenceCodes.has(error.code)) throw error;
      // As NATS' client does, whatever else it was: of a bucket that is not there this read tells.
      const entry = await this.get(key);
      if (entry === null || entry.operation === "PUT") throw error;
      return this.#put(key, value, { ...options, previousSeq: entry.revision }, markerTTL);
    }
  }

  update(
    key: string,
    value: Payload,
    version: number,
    timeout?: number,
    options: ConfirmOptions = {},
  ): Promise<number> {
    if (version <= 0) throw new Error("version must be greater than 0");
    return this.put(key, value, {
      ...options,
      previousSeq: version,
      ...(timeout === undefined ? {} : { timeout }),
    });
  }

  async delete(key: string, options?: Partial<KvDeleteOptions>): Promise<void> {
    await this.#remove(key, "DEL", options);
  }

  async purge(key: string, options?: Partial<KvPurgeOptions>): Promise<void> {
    await this.#remove(key, "PURGE", options);
  }

  /** As `purge`. */
  async remove(key: string): Promise<void> {
    await this.purge(key);
  }

  async destroy(): Promise<boolean> {
    return this.jsm.streams.delete(this.stream);
  }

  /** Removes keys that were deleted more than `olderMillis` ago; of those deleted since, what came before. */
  async purgeDeletes(olderMillis: number = purgeDeletesMs): Promise<PurgeResponse> {
    const messages = await this.messages.messages();
    const oldestKeptMs = Date.now() - olderMillis;
    let purged = 0;
    for (const marker of lastOfKeys(messages)) {
      if (operationOf(marker) === "PUT") continue;
      const keep = marker.createdMs >= oldestKeptMs ? 1 : 0;
      const filter = this.fullKeyName(marker.key);
      purged += (await purgeMessages(this.messages, { filter, keep })).purged;
    }
    return { success: true, purged };
  }

  /** Removes messages, without markers. @throws Error for what Rockpool's versions cannot do; see {@link PurgeOpts} */
  async purgeBucket(options: PurgeOpts = {}): Promise<PurgeResponse> {
    return purgeMessages(this.messages, options);
  }

  async #put(key: string, value: Payload, options: Partial<KvPutOptions>, ttl?: string): Promise<number> {
    const rawKey = this.rawKey(key);
    const draft = createDraft("PUT", toBytes(this.codec.value.encode(value)), {
      previousSeq: options.previousSeq,
      ttl,
    });
    return this.messages.publish(rawKey, draft, {
      confirm: this.#confirm(options),
      timeout: options.timeout,
    });
  }

  async #remove(key: string, operation: "DEL" | "PURGE", options?: Partial<KvPurgeOptions>): Promise<void> {
    if (!hasWildcards(key)) return this.#removeOne(key, operation, options);
    const keys: string[] = [];
    for await (const each of await this.keys(key)) keys.push(each);
    while (keys.length > 0) {
      await Promise.all(keys.splice(0, deleteBatch).map((each) => this.#removeOne(each, operation)));
    }
  }

  async #removeOne(
    key: string,
    operation: "DEL" | "PURGE",
    options: Partial<KvPurgeOptions> = {},
  ): Promise<void> {
    const rawKey = this.rawKey(key);
    const ttl = operation === "PURGE" && typeof options.ttl === "string" ? options.ttl : undefined;
    const draft = createDraft(operation, new Uint8Array(), {
      previousSeq: options.previousSeq || undefined,
      ttl,
    });
    await this.messages.publish(rawKey, draft, { confirm: this.#confirm(options) });
  }

  #confirm({ confirm }: ConfirmOptions): "local" | "relay" {
    return confirm ?? this.js.nc.confirm;
  }
}

const toBytes = (value: unknown): Uint8Array => {
  if (value === undefined) return new Uint8Array();
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError("payload types can be strings or Uint8Array");
};
