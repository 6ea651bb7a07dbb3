/**
 * What stands in the place of a connection to a server: an open Rockpool bucket, the app's own or one
 * that is opened when it is first needed.
 */
import { type Kv, openKv, type OpenOptions } from "rockpool";
import { ClosedConnectionError, toNatsError } from "./errors.ts";

/** An open bucket, a promise of one, or what gives one when it is first needed. */
export type KvSource = Kv | Promise<Kv> | (() => Kv | Promise<Kv>);

export interface ConnectionOptions extends OpenOptions {
  /** The app's own bucket, which stays open when the connection is closed. Default: one is opened. */
  readonly kv?: KvSource;
  /** The Rockpool bucket that is opened; it holds any number of NATS buckets. Default "nats". */
  readonly bucket?: string;
  /** Who decides on conditions (`create`, `update`, `previousSeq`) if a call does not say. Default "local". */
  readonly confirm?: "local" | "relay";
  /** A server's address, which is not needed here and not used. */
  readonly servers?: string | readonly string[];
}

const defaultBucket = "nats";
/** Most versions that Rockpool keeps of a key. */
const historyMax = 64;

/** As `connect` of `@nats-io/transport-node`. Fulfilled when the bucket is open. @throws as `openKv` of rockpool */
export const connect = async (options: ConnectionOptions = {}): Promise<Connection> => {
  const connection = new Connection(options);
  await connection.openKv();
  return connection;
};

export class Connection implements AsyncDisposable {
  readonly confirm: "local" | "relay";
  readonly #name: string;
  readonly #openOptions: OpenOptions;
  readonly #source: KvSource | undefined;
  readonly #closed = Promise.withResolvers<void>();
  #opening: Promise<Kv> | undefined;
  readonly #closing = new AbortController();

  constructor(options: ConnectionOptions) {
    const { kv, bucket = defaultBucket, confirm = "local", servers: _, ...openOptions } = options;
    this.confirm = confirm;
    this.#name = bucket;
    this.#source = kv;
    if (kv instanceof Promise) {
      kv.catch(() => {
        // The first call tells of it.
      });
    }
    // A bucket of memory is this connection's own and cannot be opened again with more.
    this.#openOptions = bucket === ":memory:" ? { history: historyMax, ...openOptions } : openOptions;
  }

  /** Aborted when it is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The Rockpool bucket, opened at the first call. @throws ClosedConnectionError */
  async openKv(): Promise<Kv> {
    if (this.isClosed()) throw new ClosedConnectionError();
    this.#opening ??= this.#open();
    try {
      return await this.#opening;
    } catch (error) {
      // The next call tries again.
      this.#opening = undefined;
      throw toNatsError(error);
    }
  }

  /**
   * Has at least so many versions of each key kept; 0 or less: as many as can be.
   * @throws Error where the app's own bucket keeps fewer
   */
  async keepHistory(versions: number): Promise<void> {
    const wanted = versions <= 0 ? historyMax : Math.min(versions, historyMax);
    const { history } = await (await this.openKv()).status();
    if (history >= wanted) return;
    if (this.#source !== undefined) {
      throw new Error(
        `history is ${versions}, and the Kv given keeps ${history} of each key: open it with { history: ${wanted} }`,
      );
    }
    const again = await openKv(this.#name, { ...this.#openOptions, history: wanted });
    await again[Symbol.asyncDispose]();
  }

  /** Ends the connection, and the bucket that it opened. Harmless when closed. */
  async close(): Promise<void> {
    if (this.isClosed()) return;
    this.#closing.abort();
    if (this.#source === undefined) await (await this.#opening)?.[Symbol.asyncDispose]();
    this.#closed.resolve();
  }

  /** As `close`: nothing is on its way that is not stored. */
  async drain(): Promise<void> {
    await this.close();
  }

  /** Fulfilled when it was closed. */
  closed(): Promise<void> {
    return this.#closed.promise;
  }

  isClosed(): boolean {
    return this.closing.aborted;
  }

  isDraining(): boolean {
    return false;
  }

  /** What was written is stored already: there is nothing to wait for. For the relay see `kv.sync.flush`. */
  async flush(): Promise<void> {}

  /** The bucket's name, in the place of a server's address. */
  getServer(): string {
    return this.#name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(): Promise<Kv> {
    if (this.#source === undefined) return openKv(this.#name, this.#openOptions);
    return typeof this.#source === "function" ? this.#source() : this.#source;
  }
}
