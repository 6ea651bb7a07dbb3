/**
 * What a bucket says of itself, in the fields of both clients of NATS.
 */
import type { KvStatus } from "./kv.ts";
import { markerMs, maxAgeMs } from "./stream-config.ts";
import type { Placement, Republish, StorageType, StreamConfig, StreamInfo } from "./stream-info.ts";
import { kvPrefix } from "./key-rules.ts";

export class KvStatusImpl implements KvStatus {
  readonly si: StreamInfo;
  readonly cluster: string;

  constructor(si: StreamInfo, cluster = "") {
    this.si = si;
    this.cluster = cluster;
  }

  get #config(): StreamConfig {
    return this.si.config;
  }

  get bucket(): string {
    const { name } = this.#config;
    return name.startsWith(kvPrefix) ? name.slice(kvPrefix.length) : name;
  }

  get values(): number {
    return this.si.state.messages;
  }

  get history(): number {
    return this.#config.max_msgs_per_subject;
  }

  get ttl(): number {
    return maxAgeMs(this.#config) ?? 0;
  }

  get markerTTL(): number {
    return markerMs(this.#config);
  }

  get bucket_location(): string {
    return this.cluster;
  }

  get backingStore(): StorageType {
    return this.#config.storage;
  }

  get storage(): StorageType {
    return this.#config.storage;
  }

  get replicas(): number {
    return this.#config.num_replicas;
  }

  get description(): string {
    return this.#config.description ?? "";
  }

  get maxBucketSize(): number {
    return this.#config.max_bytes;
  }

  get maxValueSize(): number {
    return this.#config.max_msg_size;
  }

  get max_bytes(): number {
    return this.#config.max_bytes;
  }

  get placement(): Placement {
    return this.#config.placement ?? { cluster: "", tags: [] };
  }

  get placementCluster(): string {
    return this.#config.placement?.cluster ?? "";
  }

  get republish(): Republish {
    return this.#config.republish ?? { src: "", dest: "" };
  }

  get streamInfo(): StreamInfo {
    return this.si;
  }

  get size(): number {
    return this.si.state.bytes;
  }

  get metadata(): Record<string, string> {
    return this.#config.metadata ?? {};
  }

  get compression(): boolean {
    return (this.#config.compression ?? "none") !== "none";
  }
}
