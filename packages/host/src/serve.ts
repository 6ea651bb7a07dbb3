/**
 * The surface a tab calls, over a host that is opened by its first call: exposed by Comlink in a
 * worker, called directly where tab and host share a thread. Events of one turn travel together.
 */
import { KvError, packError } from "@rockpool/model";
import type { Log } from "@rockpool/log";
import type { HostEnvironment } from "./environment.ts";
import { Host, type HostSettings } from "./host.ts";
import type { FeedRequest } from "./feeds/feed-api.ts";
import type {
  HostAnswer,
  HostApi,
  HostCallResults,
  HostCalls,
  HostEvent,
  HostOpenOptions,
  HostRequest,
  Outcome,
} from "./host-api.ts";

export interface ServeOptions {
  readonly environment: HostEnvironment;
  /** Opens the log of a database; `onEnd` hears when that is gone for good. */
  readonly openLog: (database: string, onEnd: (error: KvError) => void) => Promise<Log>;
  readonly settings?: HostSettings;
  /** Is given the host that `open` made: for tests that make checkpoints at will. */
  readonly onHost?: (host: Host) => void;
}

/** Makes the surface; nothing is opened before `open`. */
export const serveHost = (options: ServeOptions): HostApi => new HostServer(options);

class HostServer implements HostApi {
  readonly #options: ServeOptions;
  #host: Host | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  async open(
    options: HostOpenOptions,
    onEvents: (events: readonly HostEvent[]) => void,
  ): Promise<Outcome<{ readonly lock: string }>> {
    const { environment, openLog, settings } = this.#options;
    return outcomeOf(async () => {
      const log = await openLog(options.database, (error) => this.#host?.end(error));
      try {
        this.#host = await Host.open(log, environment, options, perTurn(onEvents), settings);
      } catch (error) {
        await log.close();
        throw error;
      }
      this.#options.onHost?.(this.#host);
      return { lock: this.#host.lock };
    });
  }

  async batch(requests: readonly HostRequest[]): Promise<readonly HostAnswer[]> {
    const host = this.#host;
    if (host !== undefined) return host.batch(requests);
    return requests.map(() => ({ type: "error", error: packError(notOpen()) }));
  }

  call<K extends keyof HostCalls>(type: K, argument: HostCalls[K]): Promise<Outcome<HostCallResults[K]>> {
    return outcomeOf(async () => this.#mustGetHost().call(type, argument));
  }

  async openFeed(id: number, request: FeedRequest): Promise<void> {
    this.#host?.openFeed(id, request);
  }

  async pullFeed(id: number): Promise<void> {
    this.#host?.pullFeed(id);
  }

  async closeFeed(id: number): Promise<void> {
    this.#host?.closeFeed(id);
  }

  async close(): Promise<void> {
    await this.#host?.close();
  }

  #mustGetHost(): Host {
    if (this.#host === undefined) throw notOpen();
    return this.#host;
  }
}

const notOpen = (): KvError => new KvError("closed", "the bucket is not open");

const outcomeOf = async <T>(work: () => Promise<T>): Promise<Outcome<T>> => {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
};

/** Gathers the events of one turn into one call. */
const perTurn = (onEvents: (events: readonly HostEvent[]) => void): ((event: HostEvent) => void) => {
  let gathered: HostEvent[] = [];
  return (event) => {
    if (gathered.push(event) > 1) return;
    void Promise.resolve().then(() => {
      const events = gathered;
      gathered = [];
      onEvents(events);
    });
  };
};
