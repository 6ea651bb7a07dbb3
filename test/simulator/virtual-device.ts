/**
 * A device in a virtual world: one storage, its tabs' locks and channel, and hosts that are the real
 * ones. Everything a tab takes from its platform is drawn from the world, and a tab can be closed as
 * an app does it or killed as a browser does.
 */
import {
  type FeedItem,
  type FeedRequest,
  Host,
  type HostAnswer,
  type HostChannel,
  type HostEnvironment,
  type HostEvent,
  type HostRequest,
  type HostSettings,
  type TransportEntry,
} from "@rockpool/host";
import { type Log, MemoryStorage, openMemoryLog, type StorageImage } from "@rockpool/log";
import type { Mutation, PackedKey, PackedRange, Value, Versionstamp } from "@rockpool/model";
import { FakeLocks } from "../fake-locks.ts";
import { bucketName, type VirtualRelay } from "./virtual-relay.ts";
import type { VirtualWorld } from "./virtual-world.ts";

export interface DeviceOptions {
  readonly name: string;
  /** What the device's clock is ahead of the world's, in ms. */
  readonly clockAheadMs?: number;
  /** Messages between tabs that are lost, as a share of one. */
  readonly channelLoss?: number;
  readonly settings?: HostSettings;
  /** What its storage holds at first: another device's makes it a clone. */
  readonly image?: StorageImage;
}

/** What an app asks of a commit. */
export interface Ask {
  readonly checks?: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
  readonly mutations: readonly Mutation[];
}

export const wholeRange: PackedRange = {
  start: "" as PackedKey,
  end: "\u00ff" as PackedKey,
  common: "" as PackedKey,
};

/** Follows everything. */
export const everyChange: FeedRequest = {
  type: "changes",
  selection: { type: "range", range: wholeRange },
  since: undefined,
  include: "latest",
  values: true,
  deletes: true,
  pending: false,
};

export class VirtualDevice {
  readonly name: string;
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;
  readonly storage: MemoryStorage;
  readonly tabs: Set<VirtualTab> = new Set();
  readonly #options: DeviceOptions;
  readonly #locks = new FakeLocks();
  readonly #channels = new Set<TabChannel>();
  #stalled: Promise<void> | undefined;

  constructor(world: VirtualWorld, relay: VirtualRelay, options: DeviceOptions) {
    this.world = world;
    this.relay = relay;
    this.name = options.name;
    this.#options = options;
    // Transactions of several tabs wait for each other, and for the disk.
    this.storage = new MemoryStorage({
      ...(options.image === undefined ? {} : { image: options.image }),
      turn: async () => {
        await world.sleep(world.between(0, 3));
        await this.#stalled;
      },
    });
  }

  get settings(): HostSettings {
    return this.#options.settings ?? {};
  }

  /** Opens a tab; time must pass before it is there. */
  async open(): Promise<VirtualTab> {
    const tab = new VirtualTab(this, await openMemoryLog(this.storage));
    this.tabs.add(tab);
    await tab.start();
    return tab;
  }

  /** Takes the sync lock from whoever holds it and does not hear of it: the next in line carries a session too. */
  stealSync(): void {
    this.#locks.takeUnheard("rockpool:sync:db");
  }

  /** Its disk answers nothing until the result is called. */
  stallStorage(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stalled = promise;
    return () => {
      this.#stalled = undefined;
      resolve();
    };
  }

  environment(tab: AbortSignal): HostEnvironment {
    const { world } = this;
    return {
      now: () => world.nowMs + (this.#options.clockAheadMs ?? 0),
      random: () => world.random(),
      drawId: () => world.drawId(),
      locks: this.#locks.forTab(tab),
      openChannel: (name) => this.#openChannel(name, tab),
      openSocket: (_url, events) => this.relay.network.open(this.name, events, tab),
      setTimer: (callback, delayMs) =>
        world.schedule(delayMs, () => {
          if (!tab.aborted) callback();
        }),
      onWake: () => () => {},
    };
  }

  #openChannel(name: string, tab: AbortSignal): HostChannel {
    const channel = new TabChannel(name, tab, (message) => this.#post(channel, message));
    this.#channels.add(channel);
    return channel;
  }

  /** Messages of one tab to another stay in order; each may be lost. */
  #post(from: TabChannel, message: unknown): void {
    for (const channel of this.#channels) {
      if (channel === from || channel.name !== from.name) continue;
      if (this.world.chance(this.#options.channelLoss ?? 0)) continue;
      const copy: unknown = structuredClone(message);
      const { nowMs } = this.world;
      channel.busyUntilMs = Math.max(channel.busyUntilMs, nowMs + this.world.between(0, 5));
      this.world.schedule(channel.busyUntilMs - nowMs, () => channel.hear(copy));
    }
  }
}

class TabChannel implements HostChannel {
  readonly name: string;
  onMessage: ((message: unknown) => void) | null = null;
  busyUntilMs = 0;
  readonly #tab: AbortSignal;
  readonly #send: (message: unknown) => void;
  #isClosed = false;

  constructor(name: string, tab: AbortSignal, send: (message: unknown) => void) {
    this.name = name;
    this.#tab = tab;
    this.#send = send;
  }

  post(message: unknown): void {
    if (!this.#isClosed && !this.#tab.aborted) this.#send(message);
  }

  hear(message: unknown): void {
    if (!this.#isClosed && !this.#tab.aborted) this.onMessage?.(message);
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** What a feed gave, up to one state. */
export interface FeedState {
  readonly entries: readonly TransportEntry[];
  readonly versionstamp: Versionstamp;
}

export class VirtualTab {
  readonly device: VirtualDevice;
  readonly environment: HostEnvironment;
  /** What the host told unasked, in order. */
  readonly events: HostEvent[] = [];
  readonly #killing = new AbortController();
  readonly #log: Log;
  readonly #onItemById = new Map<number, (item: FeedItem) => void>();
  #host: Host | undefined;
  #feeds = 0;

  constructor(device: VirtualDevice, log: Log) {
    this.device = device;
    this.environment = device.environment(this.#killing.signal);
    this.#log = mortalLog(log, this.#killing.signal);
  }

  async start(): Promise<void> {
    const options = { bucket: bucketName, database: "db", relay: "relay", durability: "relaxed" } as const;
    this.#host = await Host.open(
      this.#log,
      this.environment,
      options,
      (event) => this.#hear(event),
      this.device.settings,
    );
  }

  /** False before it is opened and after its end. */
  get isOpen(): boolean {
    return this.#host !== undefined && !this.#killing.signal.aborted && this.device.tabs.has(this);
  }

  get host(): Host {
    if (this.#host === undefined) throw new Error("the tab is not open yet");
    return this.#host;
  }

  /** Commits; fulfilled with the versionstamp, or null when a check does not hold here. */
  async commit({ checks = [], mutations }: Ask): Promise<Versionstamp | null> {
    const answer = await this.#ask({ type: "commit", checks, mutations: mutations as HostMutations });
    if (answer.type !== "committed") throw new Error(`a commit was answered by ${answer.type}`);
    return answer.versionstamp;
  }

  async get(key: PackedKey, strong = true): Promise<TransportEntry> {
    return (await this.#entries({ type: "read", keys: [key], strong }))[0] as TransportEntry;
  }

  list(strong = true): Promise<readonly TransportEntry[]> {
    const limit = Number.MAX_SAFE_INTEGER;
    return this.#entries({ type: "list", range: wholeRange, limit, reverse: false, strong });
  }

  /** Follows; `onState` is called whenever what was given is one state. */
  feed(request: FeedRequest, onState: (state: FeedState) => void): void {
    const id = ++this.#feeds;
    let entries: TransportEntry[] = [];
    this.#onItemById.set(id, (item) => {
      if (item.type === "update") entries.push(...item.entries);
      const isPart = item.type === "reset" || (item.type === "update" && item.more === true);
      if (!isPart && entries.length > 0) {
        onState({ entries, versionstamp: item.versionstamp });
        entries = [];
      }
      this.host.pullFeed(id);
    });
    this.host.openFeed(id, request);
    this.host.pullFeed(id);
  }

  async close(): Promise<void> {
    this.device.tabs.delete(this);
    await this.host.close();
  }

  /** Ends it as a browser ends a tab: no callback, no answer, no word from it. */
  kill(): void {
    this.#killing.abort();
    this.device.tabs.delete(this);
  }

  async #ask(request: HostRequest): Promise<HostAnswer> {
    const [answer] = await this.host.batch([request]);
    if (answer === undefined) throw new Error("no answer");
    if (answer.type === "error") throw new Error(`refused: ${JSON.stringify(answer.error)}`);
    return answer;
  }

  async #entries(request: HostRequest): Promise<readonly TransportEntry[]> {
    const answer = await this.#ask(request);
    if (answer.type !== "entries") throw new Error(`a read was answered by ${answer.type}`);
    return answer.entries;
  }

  #hear(event: HostEvent): void {
    if (this.#killing.signal.aborted) return;
    this.events.push(event);
    if (event.type === "feed") this.#onItemById.get(event.id)?.(event.item);
  }
}

type HostMutations = Extract<HostRequest, { type: "commit" }>["mutations"];

/** A log whose answers never reach a tab that has ended. */
const mortalLog = (log: Log, tab: AbortSignal): Log => {
  const mortal = <T>(call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (tab.aborted) return;
      call().then(
        (result) => {
          if (!tab.aborted) resolve(result);
        },
        (error: unknown) => {
          if (!tab.aborted) reject(error as Error);
        },
      );
    });
  return {
    start: (...given) => mortal(() => log.start(...given)),
    append: (tail, decide, options) => mortal(() => log.append(tail, decide, options)),
    read: (...given) => mortal(() => log.read(...given)),
    pagesByExpiry: (...given) => mortal(() => log.pagesByExpiry(...given)),
    pagesChangedSince: (...given) => mortal(() => log.pagesChangedSince(...given)),
    putPages: (...given) => mortal(() => log.putPages(...given)),
    deleteGeneration: (...given) => mortal(() => log.deleteGeneration(...given)),
    checkpoint: (checkpoint) => mortal(() => log.checkpoint(checkpoint)),
    giveUp: (what) => mortal(() => log.giveUp(what)),
    keepReserve: (bytes) => mortal(() => log.keepReserve(bytes)),
    rest: () => log.rest(),
    wake: () => log.wake(),
    close: () => mortal(() => log.close()),
    [Symbol.asyncDispose]: () => mortal(() => log.close()),
  };
};

export const json = (data: unknown): Value => ({ encoding: "json", data: JSON.stringify(data) });
export const u64 = (data: bigint): Value => ({ encoding: "u64", data });

/** A value as text; undefined where there is none. */
export const textOf = (value: TransportEntry["value"]): string | undefined => {
  if (value === undefined) return undefined;
  if (value.encoding === "clone") throw new Error("these tests write no clones");
  return `${value.encoding} ${String(value.data)}`;
};

/** Entries as texts by key; deleted ones as undefined. */
export const textOfEntries = (
  entries: readonly TransportEntry[],
): ReadonlyMap<PackedKey, string | undefined> =>
  new Map(entries.map(({ key, value }) => [key, textOf(value)]));
