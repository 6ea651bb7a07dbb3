/**
 * The real relay on an engine in memory, without a server: it takes the sockets of a virtual
 * network, is killed and started again on what it stored, or on nothing.
 */
import { type CommitName, type CommitResult, nameKey, type PatchEntry } from "@rockpool/model";
import {
  createRelayConfig,
  type Engine,
  MemoryEngineStorage,
  openMemoryEngine,
  RelayCore,
  type RelayConfig,
} from "@rockpool/relay";
import { VirtualNetwork } from "./virtual-network.ts";
import type { VirtualWorld } from "./virtual-world.ts";

export const bucketName = "b";

const restartMsDefault = 200;
const heartbeatMs = 25_000;

export class VirtualRelay {
  readonly network: VirtualNetwork;
  readonly #world: VirtualWorld;
  readonly #config: RelayConfig;
  /** Every result of a commit that was ruled, by name: what the relay may never change. */
  readonly resultByName: Map<string, CommitResult> = new Map();
  /** Told of each commit before it is ruled. */
  onPush: ((name: CommitName) => void) | null = null;
  /** Faults of the engine, which tests of sync do not cause. */
  readonly errors: unknown[] = [];
  #held: Promise<void> | undefined;
  #storage = new MemoryEngineStorage();
  #engine: Engine | undefined;
  #core: RelayCore | undefined;
  #cancelHeartbeat: (() => void) | undefined;

  constructor(world: VirtualWorld, config: Partial<RelayConfig> = {}) {
    this.#world = world;
    this.#config = createRelayConfig({ helloMsMax: 60_000, ...config });
    this.network = new VirtualNetwork(world, (socket) => {
      if (this.#core === undefined) return false;
      this.#core.accept(socket);
      return true;
    });
  }

  async start(): Promise<void> {
    const engine = await openMemoryEngine({ storage: this.#storage, randomId: () => this.#world.drawId() });
    this.#engine = engine;
    this.#core = new RelayCore({
      engine: this.#recording(engine),
      config: this.#config,
      now: () => this.#world.nowMs,
      onError: (error) => this.errors.push(error),
    });
    this.#beatLater();
  }

  /** Ends it without a word to anybody; what was ruled stays. */
  kill(): void {
    this.#core?.terminate();
    this.#core = undefined;
    void this.#engine?.close();
    this.#engine = undefined;
    this.#cancelHeartbeat?.();
  }

  /** Kills it and starts it again on what it stored: a new epoch of the same history. */
  async restart(downMs: number = restartMsDefault): Promise<void> {
    this.kill();
    await this.#world.pass(downMs);
    await this.start();
  }

  /** Kills it and starts one that knows nothing: its file was lost. */
  async replace(): Promise<void> {
    this.kill();
    this.#storage = new MemoryEngineStorage();
    this.resultByName.clear();
    await this.start();
  }

  /** Rules on nothing until the result is called; all else goes on. */
  holdRulings(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  /** All entries and tombstones, and the head. */
  async read(): Promise<{ readonly entries: readonly PatchEntry[]; readonly head: number }> {
    const engine = await openMemoryEngine({ storage: this.#peekStorage() });
    await engine.openBucket(bucketName, this.#world.nowMs);
    const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    const { entries, head } = await engine.readPatch(bucketName, "", 0, everything);
    return { entries, head };
  }

  get head(): number {
    return this.#storage.bucketByName.get(bucketName)?.head ?? 0;
  }

  /** A copy, since opening a bucket begins an epoch. */
  #peekStorage(): MemoryEngineStorage {
    const copy = new MemoryEngineStorage();
    for (const [name, bucket] of this.#storage.bucketByName) {
      copy.bucketByName.set(name, { ...bucket, epochs: [...bucket.epochs] });
    }
    return copy;
  }

  /** Takes down what is ruled, and sees that nothing is ruled twice. */
  #recording(engine: Engine): Engine {
    return {
      openBucket: (bucket, nowMs) => engine.openBucket(bucket, nowMs),
      readPatch: (bucket, replica, from, query) => engine.readPatch(bucket, replica, from, query),
      readPage: (bucket, query) => engine.readPage(bucket, query),
      sweep: (bucket, options) => engine.sweep(bucket, options),
      close: () => engine.close(),
      [Symbol.asyncDispose]: () => engine.close(),
      rule: async (bucket, turn) => {
        await this.#held;
        for (const { commit } of turn.pushes) this.onPush?.(commit.name);
        const ruled = await engine.rule(bucket, turn);
        for (const { result, isNew } of ruled.answers) {
          const name = nameKey(result.name);
          if (isNew && this.resultByName.has(name)) this.errors.push(new Error(`${name} was ruled twice`));
          if (isNew) this.resultByName.set(name, result);
        }
        return ruled;
      },
    };
  }

  #beatLater(): void {
    this.#cancelHeartbeat = this.#world.schedule(heartbeatMs, () => {
      this.#core?.checkLife();
      this.#beatLater();
    });
  }
}
