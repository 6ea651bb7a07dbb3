/**
 * The buckets a relay has in use, each opened once and kept; one whose engine failed is dropped, so
 * that the next session opens it anew.
 */
import { BucketHub } from "./bucket-hub.ts";
import type { Engine } from "./engine.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { RelayConfig } from "./relay-config.ts";

export interface DirectoryOptions {
  readonly engine: Engine;
  readonly config: RelayConfig;
  readonly now: () => number;
  readonly metrics?: RelayMetrics;
  readonly onError: (error: unknown) => void;
}

export class BucketDirectory {
  readonly #options: DirectoryOptions;
  readonly #hubByName = new Map<string, Promise<BucketHub>>();
  readonly #openHubs = new Set<BucketHub>();
  #isDraining = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** The bucket's hub. Rejects with the engine's error. */
  open(name: string): Promise<BucketHub> {
    const known = this.#hubByName.get(name);
    if (known !== undefined) return known;
    const opening = this.#open(name);
    this.#hubByName.set(name, opening);
    return opening;
  }

  /** Keys that somebody watches, in all buckets. */
  get watched(): number {
    return [...this.#openHubs].reduce((sum, { documents }) => sum + documents.watched, 0);
  }

  /** Sweeps every bucket in use. */
  async sweep(): Promise<void> {
    for (const opening of this.#hubByName.values()) {
      if (this.#isDraining) return;
      // A hub that failed to open is none: its sessions were told.
      const hub = await opening.catch(() => undefined);
      await hub?.sweep();
    }
  }

  /** Waits until all that was pushed is ruled; nothing is swept from here on. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    const hubs = await Promise.allSettled(this.#hubByName.values());
    // A hub that failed to open has nothing to drain, and its sessions were told.
    await Promise.all(hubs.map((hub) => (hub.status === "fulfilled" ? hub.value.drain() : undefined)));
  }

  async #open(name: string): Promise<BucketHub> {
    const { engine } = this.#options;
    const onFailed = (error: unknown): void => {
      this.#hubByName.delete(name);
      if (hub !== undefined) this.#openHubs.delete(hub);
      this.#options.onError(error);
    };
    let hub: BucketHub | undefined;
    try {
      hub = new BucketHub(name, await engine.openBucket(name), { ...this.#options, onFailed });
      this.#openHubs.add(hub);
      return hub;
    } catch (error) {
      onFailed(error);
      throw error;
    }
  }
}
