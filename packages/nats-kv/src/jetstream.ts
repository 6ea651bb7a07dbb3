/**
 * JetStream as far as NATS KV and its users need it: a client made from a connection, and a manager of
 * the streams that buckets are.
 */
import type { Connection } from "./connection.ts";
import { streamNotFound } from "./errors.ts";
import { streamsPrefix } from "./layout.ts";
import { purgeMessages, streamInfo } from "./purging.ts";
import { Stream, type StoredStream } from "./stream.ts";
import {
  createLister,
  type Lister,
  type PurgeOpts,
  type PurgeResponse,
  type StreamInfo,
} from "./stream-info.ts";

export interface JetStreamOptions {
  /** Before the subjects of the API; it has no meaning here. */
  readonly apiPrefix?: string;
  readonly timeout?: number;
  readonly domain?: string;
}

export interface StreamApi {
  /** @throws StreamNotFoundError */
  info(stream: string): Promise<StreamInfo>;
  /** @throws StreamNotFoundError */
  delete(stream: string): Promise<boolean>;
  /** @throws StreamNotFoundError */
  purge(stream: string, options?: PurgeOpts): Promise<PurgeResponse>;
  list(): Lister<StreamInfo>;
}

export interface JetStreamManager {
  readonly streams: StreamApi;
}

export interface JetStreamClient {
  readonly nc: Connection;
  readonly apiPrefix: string;
  getOptions(): JetStreamOptions;
  jetstreamManager(): Promise<JetStreamManager>;
}

/** As `jetstream` of `@nats-io/jetstream`. */
export const jetstream = (nc: Connection, options: JetStreamOptions = {}): JetStreamClient => ({
  nc,
  apiPrefix: options.apiPrefix ?? "$JS.API",
  getOptions: () => options,
  jetstreamManager: async () => createManager(nc),
});

/** As `jetstreamManager` of `@nats-io/jetstream`. */
export const jetstreamManager = async (nc: Connection): Promise<JetStreamManager> => createManager(nc);

const createManager = (nc: Connection): JetStreamManager => {
  const open = async (name: string): Promise<Stream> => {
    const kv = await nc.openKv();
    const { value } = await kv.get<StoredStream>([...streamsPrefix, name]);
    if (value === null) throw streamNotFound();
    return new Stream(name, subjectPrefixOf(value), () => nc.openKv());
  };
  const listAll = async (): Promise<StreamInfo[]> => {
    const kv = await nc.openKv();
    const infos: StreamInfo[] = [];
    for await (const { value } of kv.list<StoredStream>({ prefix: streamsPrefix })) {
      infos.push(await streamInfo(new Stream(value.config.name, subjectPrefixOf(value), () => nc.openKv())));
    }
    return infos;
  };
  return {
    streams: {
      info: async (name) => streamInfo(await open(name)),
      delete: async (name) => {
        await (await open(name)).destroy();
        return true;
      },
      purge: async (name, options = {}) => purgeMessages(await open(name), options),
      list: () => createLister(listAll),
    },
  };
};

const subjectPrefixOf = ({ config }: StoredStream): string => (config.subjects[0] ?? "").replace(/\.>$/, "");
