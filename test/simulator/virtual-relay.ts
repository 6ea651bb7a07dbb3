/**
 * The real relay on an engine in memory, without a server: it takes the sockets of a virtual
 * network, is killed and started again on what it stored, or on nothing.
 */
import {
  type CommitName,
  type CommitResult,
  nameKey,
  type PackedKey,
  type PatchEntry,
} from "@rockpool/model";
import {
  type Authenticate,
  type BucketState,
  createRelayConfig,
  type Engine,
  type EntryReading,
  MemoryEngineStorage,
  openMemoryEngine,
  RelayCore,
  type RelayConfig,
  type RelayEntry,
  type RuledTurn,
  type Sweep,
  type SweepOptions,
  type Turn,
} from "@rockpool/relay";
import type { KeptBytes } from "./oracle-ruling.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import type { VirtualWorld } from "./virtual-world.ts";

export const bucketName = "b";

const { limits: limitsDefault } = createRelayConfig();
const restartMsDefault = 200;
const heartbeatMs = 25_000;

export type VirtualRelayConfig = Partial<Omit<RelayConfig, "limits">> & {
  /** Those that are not the default ones. */
  readonly limits?: Partial<RelayConfig["limits"]>;
  /** Updates of a document up to which it is not compacted. Default: as many as there may be. */
  readonly compactionRowsMin?: number;
};

export class VirtualRelay {
  readonly network: VirtualNetwork;
  /** Told of each turn when it is stored, before anybody else is, and of what stood there before it. */
  onRuled: ((turn: Turn, ruled: RuledTurn, kept: KeptBytes) => void) | null = null;
  /** Told of each sweep when it is stored. */
  onSwept: ((options: SweepOptions, sweep: Sweep) => void) | null = null;
  /** Told of each document when one was made smaller. */
  onCompacted: ((key: PackedKey, reading: EntryReading) => void) | null = null;
  /** Told when its file is put back or lost, before it starts on that. */
  onPutBack: (() => void) | null = null;
  /** Says what tokens stand for, from the next start on; without it everybody may do everything. */
  authenticate: Authenticate | undefined;
  /** Told of each epoch as it begins. */
  onEpoch: ((state: BucketState) => void) | null = null;
  readonly #world: VirtualWorld;
  #config: RelayConfig;
  /** Every result of a commit that was ruled, by name: what the relay may never change. */
  readonly resultByName: Map<string, CommitResult> = new Map();
  /** Told of each commit before it is ruled. */
  onPush: ((name: CommitName) => void) | null = null;
  /** Faults of the engine, which tests of sync do not cause. */
  readonly errors: unknown[] = [];
  #held: Promise<void> | undefined;
  #storage = new MemoryEngineStorage();
  #backup: MemoryEngineStorage | undefined;
  /** After the next turn it is killed for so long, in ms. */
  #dieForMs: number | undefined;
  readonly #compactionRowsMin: number;
  /** When the next turn is ruled, documents are being compacted. */
  #compactsWithTurn = false;
  #engine: Engine | undefined;
  #isBucketOpen = false;
  #core: RelayCore | undefined;
  #cancelHeartbeat: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(
    world: VirtualWorld,
    { limits, compactionRowsMin = Number.POSITIVE_INFINITY, ...config }: VirtualRelayConfig = {},
  ) {
    this.#world = world;
    this.#compactionRowsMin = compactionRowsMin;
    this.#config = createRelayConfig({
      helloMsMax: 60_000,
      ...config,
      limits: { ...limitsDefault, ...limits },
    });
    this.network = new VirtualNetwork(world, (socket) => {
      if (this.#core === undefined) return false;
      this.#core.accept(socket);
      return true;
    });
  }

  async start(): Promise<void> {
    const engine = await openMemoryEngine({
      storage: this.#storage,
      randomId: () => this.#world.drawId(),
      compactionRowsMin: this.#compactionRowsMin,
    });
    const recorded = this.#recording(engine);
    this.#isBucketOpen = false;
    this.#engine = recorded;
    const core = new RelayCore({
      engine: recorded,
      config: this.#config,
      authenticate: this.authenticate,
      now: () => this.#world.nowMs,
      schedule: (delayMs, run) => this.#world.schedule(delayMs, run),
      // One that was killed says nothing more.
      onError: (error) => {
        if (this.#core === core) this.errors.push(error);
      },
    });
    this.#core = core;
    this.#beatLater();
    this.#sweepLater();
  }

  /** Ends it without a word to anybody; what was ruled stays. */
  kill(): void {
    this.#core?.terminate();
    this.#core = undefined;
    void this.#engine?.close();
    this.#engine = undefined;
    this.#cancelHeartbeat?.();
    this.#cancelSweep?.();
  }

  /** Kills it and starts it again on what it stored: a new epoch of the same history. */
  async restart(downMs: number = restartMsDefault): Promise<void> {
    this.kill();
    await this.#world.pass(downMs);
    await this.start();
  }

  get isUp(): boolean {
    return this.#core !== undefined;
  }

  /** Kills it; it starts again on what it stored after `downMs`. */
  goDown(downMs: number): void {
    if (!this.isUp) return;
    this.kill();
    this.#world.schedule(downMs, () => void this.start());
  }

  /** Has it ask again what the tokens of its sessions stand for. */
  recheck(): void {
    this.#core?.recheck().catch((error: unknown) => this.errors.push(error));
  }

  /** Starts it again with these limits. */
  limit(limits: Partial<RelayConfig["limits"]>, downMs: number): void {
    this.#config = { ...this.#config, limits: { ...limitsDefault, ...limits } };
    this.goDown(downMs);
  }

  /** Kills it when its next turn is stored and nobody has heard of it. */
  dieAfterTurn(downMs: number): void {
    this.#dieForMs = downMs;
  }

  /** Has it keep documents in fewer bytes, all of which that is due: now, or while the next turn is ruled. */
  compact(withTurn: boolean = false): void {
    if (withTurn) {
      this.#compactsWithTurn = true;
      return;
    }
    const engine = this.#engine;
    if (engine === undefined || !this.#isBucketOpen) return;
    this.#compactAll(engine).catch((error: unknown) => {
      // One that was killed says nothing more.
      if (this.#engine === engine) this.errors.push(error);
    });
  }

  /** Copies its file. */
  backUp(): void {
    this.#backup = copyOf(this.#storage);
  }

  /** Kills it and puts the last copy of its file back, or none where there is none. False while it is down. */
  restore(downMs: number): boolean {
    if (!this.isUp) return false;
    this.goDown(downMs);
    this.onPutBack?.();
    this.#storage = this.#backup === undefined ? new MemoryEngineStorage() : copyOf(this.#backup);
    for (const [name, { revision }] of this.resultByName) {
      if (revision > this.head) this.resultByName.delete(name);
    }
    return true;
  }

  /** Kills it and starts one that knows nothing: its file was lost. */
  async replace(): Promise<void> {
    this.kill();
    this.onPutBack?.();
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
    const engine = await openMemoryEngine({ storage: copyOf(this.#storage) });
    await engine.openBucket(bucketName);
    const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
    const { entries, head } = await engine.readPatch(bucketName, "", 0, everything);
    return { entries, head };
  }

  get head(): number {
    return this.#storage.bucketByName.get(bucketName)?.head ?? 0;
  }

  /** Takes down what is ruled, and sees that nothing is ruled twice. */
  #recording(engine: Engine): Engine {
    const openBucket: Engine["openBucket"] = async (bucket) => {
      const state = await engine.openBucket(bucket);
      this.#isBucketOpen = true;
      this.onEpoch?.(state);
      return state;
    };
    const rule: Engine["rule"] = async (bucket, turn) => {
      await this.#held;
      for (const { commit } of turn.pushes) this.onPush?.(commit.name);
      const kept = this.#keptOf(turn);
      if (this.#compactsWithTurn) this.compact();
      this.#compactsWithTurn = false;
      const ruled = await engine.rule(bucket, turn);
      for (const { result, isNew } of ruled.answers) {
        const name = nameKey(result.name);
        if (isNew && this.resultByName.has(name)) this.errors.push(new Error(`${name} was ruled twice`));
        if (isNew) this.resultByName.set(name, result);
      }
      this.onRuled?.(turn, ruled, kept);
      if (this.#dieForMs === undefined) return ruled;
      this.goDown(this.#dieForMs);
      this.#dieForMs = undefined;
      return new Promise(() => {});
    };
    const compact: Engine["compact"] = async (bucket) => {
      const compaction = await engine.compact(bucket);
      if (compaction.fault !== undefined) this.errors.push(compaction.fault);
      if (compaction.isCompacted) await this.#tellCompacted(engine);
      return compaction;
    };
    const sweep: Engine["sweep"] = async (bucket, options) => {
      const swept = await engine.sweep(bucket, options);
      this.onSwept?.(options, swept);
      return swept;
    };
    return new Proxy(engine, {
      get: (target, name) => {
        if (name === "openBucket") return openBucket;
        if (name === "rule") return rule;
        if (name === "sweep") return sweep;
        if (name === "compact") return compact;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  }

  /** What every document is now. */
  async #tellCompacted(engine: Engine): Promise<void> {
    for (const [key, { document }] of this.#entryByKey) {
      if (document !== undefined) this.onCompacted?.(key, await engine.readEntry(bucketName, key));
    }
  }

  /** Those of the keys of a turn under which there is an entry or a deletion, with the bytes of documents. */
  #keptOf({ pushes }: Turn): KeptBytes {
    const kept = new Map<PackedKey, number>();
    for (const { key } of pushes.flatMap(({ commit }) => commit.mutations)) {
      const entry = this.#entryByKey.get(key);
      if (entry !== undefined) kept.set(key, entry.document?.bytes ?? 0);
    }
    return kept;
  }

  get #entryByKey(): ReadonlyMap<PackedKey, RelayEntry> {
    return this.#storage.bucketByName.get(bucketName)?.entryByKey ?? new Map();
  }

  async #compactAll(engine: Engine): Promise<void> {
    while (this.#engine === engine) if ((await engine.compact(bucketName)).isDone) return;
  }

  #beatLater(): void {
    this.#cancelHeartbeat = this.#world.schedule(heartbeatMs, () => {
      this.#core?.checkLife();
      this.#beatLater();
    });
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#world.schedule(this.#config.sweepMs, () => {
      void this.#core?.sweep();
      this.#sweepLater();
    });
  }
}

/** Opening a bucket begins an epoch, and an engine writes to what it was given: whoever looks takes a copy. */
const copyOf = (storage: MemoryEngineStorage): MemoryEngineStorage => {
  const copy = new MemoryEngineStorage();
  for (const [name, bucket] of storage.bucketByName) copy.bucketByName.set(name, structuredClone(bucket));
  return copy;
};
