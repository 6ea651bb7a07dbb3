/**
 * The manager of buckets: makes, opens and lists them.
 */
import { Bucket } from "./bucket.ts";
import { KvStatusImpl } from "./bucket-status.ts";
import { Connection, type KvSource } from "./connection.ts";
import { jetstream, type JetStreamClient } from "./jetstream.ts";
import { kvPrefix } from "./key-rules.ts";
import type { KV, KvStatus } from "./kv.ts";
import type { KvOptions } from "./stream-config.ts";
import { createLister, type Lister } from "./stream-info.ts";

export class Kvm {
  readonly js: JetStreamClient;

  /** Takes a connection or its JetStream client; or an open bucket of Rockpool, a promise of one, or what gives one. */
  constructor(source: Connection | JetStreamClient | KvSource) {
    this.js = isClient(source)
      ? source
      : jetstream(source instanceof Connection ? source : new Connection({ kv: source }));
  }

  /** Opens the bucket, and makes it when it is new; of one that is there the options count for nothing. */
  create(name: string, options: Partial<KvOptions> = {}): Promise<KV> {
    return options.bindOnly === true ? this.open(name, options) : Bucket.create(this.js, name, options);
  }

  /** Opens the bucket without looking whether it is there: its use fails when it is not. */
  open(name: string, options: Partial<KvOptions> = {}): Promise<KV> {
    return Bucket.bind(this.js, name, options);
  }

  /** All buckets of the connection. */
  list(): Lister<KvStatus> {
    return createLister(async () => {
      const { streams } = await this.js.jetstreamManager();
      const infos = await streams.list().next();
      return infos
        .filter(({ config }) => config.name.startsWith(kvPrefix))
        .map((info) => new KvStatusImpl(info));
    });
  }
}

const isClient = (source: Connection | JetStreamClient | KvSource): source is JetStreamClient =>
  "jetstreamManager" in source;
