/**
 * Where a dialect's suite runs: alone on one device, and as a replica beside a second device that writes
 * through a relay all the while. What holds in the one must hold in the other.
 */
import { openMemoryEngine, type Relay, startRelay } from "@rockpool/relay";
import { type Kv, openKv, type OpenOptions } from "rockpool";

export interface Place {
  readonly name: "alone" | "replica";
  /** A bucket's name and the options that open it here; the same name is the same bucket. */
  options(bucket: string): OpenOptions;
  /** Another device's copy of the bucket; of the same device where there is no relay. */
  openOther(bucket: string, options?: OpenOptions): Promise<Kv>;
}

export interface PlaceBed extends Place {
  /** To be called before the first test. */
  start(): Promise<void>;
  /** To be called after the last one. */
  stop(): Promise<void>;
}

/** How often the second device writes, in ms. */
const writeEveryMs = 20;
/** The prefix under which it writes. */
export const noisePrefix = "written by another device";

const alone: PlaceBed = {
  name: "alone",
  options: () => ({}),
  openOther: (bucket, options = {}) => openKv(bucket, options),
  start: async () => {},
  stop: async () => {},
};

class Replica implements PlaceBed {
  readonly name = "replica";
  #relay: Relay | undefined;
  #device = 0;
  readonly #noisy = new Map<string, Promise<() => Promise<void>>>();

  async start(): Promise<void> {
    this.#relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
  }

  async stop(): Promise<void> {
    for (const stop of this.#noisy.values()) await (await stop)();
    await this.#relay?.close();
  }

  options(bucket: string): OpenOptions {
    if (!this.#noisy.has(bucket)) this.#noisy.set(bucket, this.#makeNoise(bucket));
    return { relay: this.#address };
  }

  openOther(bucket: string, options: OpenOptions = {}): Promise<Kv> {
    // In Node a process has one copy of a bucket for each user: another user's is another device's.
    return openKv(bucket, { relay: this.#address, user: `device ${++this.#device}`, ...options });
  }

  get #address(): string {
    if (this.#relay === undefined) throw new Error("the place was not started");
    return this.#relay.url;
  }

  /** A second device that writes beside whatever the suite does. */
  async #makeNoise(bucket: string): Promise<() => Promise<void>> {
    const kv = await this.openOther(bucket);
    let written = 0;
    let last: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      last = kv.set([noisePrefix, written % 10], written++);
    }, writeEveryMs);
    return async () => {
      clearInterval(timer);
      await last;
      await kv[Symbol.asyncDispose]();
    };
  }
}

/** For `describe.each`. */
export const places: readonly PlaceBed[] = [alone, new Replica()];
