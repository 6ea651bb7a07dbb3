/**
 * A device in a virtual world: one disk, what its tabs take from their platform, and a clock of its own;
 * and its tabs, each a real host. A device loses power, is emptied, restored or cloned; a tab is closed
 * as an app does it, killed or frozen.
 */
import {
  type FeedItem,
  type FeedRequest,
  Host,
  type HostAnswer,
  type HostEnvironment,
  type HostEvent,
  type HostRequest,
  type HostSettings,
  type TransportEntry,
  type TransportMutation,
} from "@rockpool/host";
import { emptyImage, type Log, openMemoryLog, type StorageImage } from "@rockpool/log";
import {
  lastVersionstampOf,
  packError,
  type PackedKey,
  type Versionstamp,
  wholeRange,
  zeroVersionstamp,
} from "@rockpool/model";
import { DevicePlatform } from "./device-platform.ts";
import { DeviceStorage } from "./device-storage.ts";
import type { DocumentItem } from "./followed-document.ts";
import type { Ask, FeedState } from "./tab-asks.ts";
import { mortalLog, TabLife } from "./tab-life.ts";
import { bucketName, type VirtualRelay } from "./virtual-relay.ts";
import type { VirtualWorld } from "./virtual-world.ts";

export interface DeviceOptions {
  readonly name: string;
  /** What the device's clock is ahead of the world's, in ms. */
  readonly clockAheadMs?: number;
  /** Messages between tabs that are lost, as a share of one. */
  readonly channelLoss?: number;
  readonly settings?: HostSettings;
  /** Whose it is, where the relay asks for tokens. */
  readonly subject?: number;
  /** Its apps know of no relay at first. */
  readonly isAlone?: boolean;
  /** What its storage holds at first: another device's makes it a clone. */
  readonly image?: StorageImage;
}

export class VirtualDevice {
  readonly name: string;
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;
  readonly tabs: Set<VirtualTab> = new Set();
  /** Those that an app has closed and that still store what was asked of them. */
  readonly closing: Set<VirtualTab> = new Set();
  readonly options: DeviceOptions;
  clockAheadMs: number;
  /** What its apps give when they are asked for a token, or undefined when they have none; absent where none is asked for. */
  giveToken: (() => string | undefined) | undefined;
  /** Its apps open tabs without the relay. */
  isAlone: boolean;
  /** Its clock was set back at some time. */
  clockWentBack = false;
  /** Another one after each loss of what was stored. */
  storage: DeviceStorage;
  readonly #platform: DevicePlatform;
  #stalled: Promise<void> | undefined;

  constructor(world: VirtualWorld, relay: VirtualRelay, options: DeviceOptions) {
    this.world = world;
    this.relay = relay;
    this.name = options.name;
    this.options = options;
    this.clockAheadMs = options.clockAheadMs ?? 0;
    this.isAlone = options.isAlone ?? false;
    this.#platform = new DevicePlatform({
      name: options.name,
      world,
      network: relay.network,
      now: () => world.nowMs + this.clockAheadMs,
      channelLoss: options.channelLoss ?? 0,
    });
    this.storage = this.#createStorage(options.image ?? emptyImage);
  }

  get subject(): number {
    return this.options.subject ?? 0;
  }

  get settings(): HostSettings {
    return this.options.settings ?? {};
  }

  /** One of its tabs may carry a session. */
  get hasRelayTab(): boolean {
    return [...this.tabs].some(({ hasRelay }) => hasRelay);
  }

  setClock(byMs: number): void {
    this.clockAheadMs += byMs;
    this.clockWentBack ||= byMs < 0;
  }

  /** Opens a tab; time must pass before it is there. */
  async open(hasRelay: boolean = !this.isAlone): Promise<VirtualTab> {
    const life = new TabLife();
    const tab = new VirtualTab(
      this,
      await openMemoryLog(this.storage),
      life,
      this.#platform.environment(life),
      hasRelay,
    );
    this.tabs.add(tab);
    try {
      await tab.start();
    } catch (error) {
      this.tabs.delete(tab);
      throw error;
    }
    return tab;
  }

  /** Takes the sync lock from whoever holds it and does not hear of it: the next in line carries a session too. */
  stealSync(): void {
    this.#platform.stealSync();
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

  /** All its tabs end, and what is stored is `image` from here on. */
  loseStorage(image: StorageImage): void {
    for (const tab of [...this.tabs, ...this.closing]) tab.kill();
    this.storage = this.#createStorage(image);
  }

  /** Its browser deletes all it stored. */
  evict(): void {
    this.loseStorage(emptyImage);
  }

  /** What a tab that a test makes itself takes from its platform, until it ends. */
  environment(end: AbortSignal): HostEnvironment {
    const life = new TabLife();
    end.addEventListener("abort", () => life.kill(), { once: true });
    return this.#platform.environment(life);
  }

  #createStorage(image: StorageImage): DeviceStorage {
    const { world } = this;
    return new DeviceStorage({
      image,
      // Transactions of several tabs wait for each other, and for the disk.
      turn: async () => {
        await world.sleep(world.between(0, 3));
        await this.#stalled;
      },
      now: () => world.nowMs,
    });
  }
}

export class VirtualTab {
  readonly device: VirtualDevice;
  readonly life: TabLife;
  readonly environment: HostEnvironment;
  /** What the host told unasked, in order. */
  readonly events: HostEvent[] = [];
  readonly #log: Log;
  readonly #onItemById = new Map<number, (item: FeedItem) => void>();
  /** A feed ended because the disk failed. */
  hasLostFeed = false;
  /** What was stored when it was opened is no later than this. */
  openedAt: Versionstamp = zeroVersionstamp;
  /** The page is looked at. */
  isVisible = true;
  /** It was opened with the relay. */
  readonly hasRelay: boolean;
  #host: Host | undefined;
  #feeds = 0;

  constructor(
    device: VirtualDevice,
    log: Log,
    life: TabLife,
    environment: HostEnvironment,
    hasRelay: boolean,
  ) {
    this.device = device;
    this.hasRelay = hasRelay;
    this.life = life;
    this.environment = environment;
    this.#log = mortalLog(log, life);
  }

  async start(): Promise<void> {
    const options = {
      bucket: bucketName,
      database: "db",
      durability: "relaxed",
      givesTokens: this.device.giveToken !== undefined,
      ...(this.hasRelay ? { relay: "relay" } : {}),
    } as const;
    this.#host = await Host.open(
      this.#log,
      this.environment,
      options,
      (event) => this.#hear(event),
      this.device.settings,
    );
    this.openedAt = lastVersionstampOf(this.#host.state.tail);
  }

  /** False before it is opened and after its end. */
  get isOpen(): boolean {
    return this.#host !== undefined && !this.life.hasEnded && this.device.tabs.has(this);
  }

  get host(): Host {
    if (this.#host === undefined) throw new Error("the tab is not open yet");
    return this.#host;
  }

  /** Commits; fulfilled with the versionstamp, or null when a check does not hold here. */
  async commit({ checks = [], mutations, confirm }: Ask): Promise<Versionstamp | null> {
    const request = { type: "commit", checks, mutations: mutations as TransportMutation[] } as const;
    const answer = await this.#ask(confirm === undefined ? request : { ...request, confirm });
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
    let isReset = false;
    this.#onItemById.set(id, (item) => {
      if (item.type === "update") entries.push(...item.entries);
      isReset ||= item.type === "reset";
      const isPart = item.type === "reset" || (item.type === "update" && item.more === true);
      if (!isPart && (isReset || entries.length > 0)) {
        onState({ entries, versionstamp: item.versionstamp, isReset });
        entries = [];
        isReset = false;
      }
      this.host.pullFeed(id);
    });
    this.host.openFeed(id, request);
    this.host.pullFeed(id);
  }

  /** Follows a document, item by item, until the result is called. */
  followDocument(key: PackedKey, onItem: (item: DocumentItem) => void): () => void {
    const id = ++this.#feeds;
    this.#onItemById.set(id, (item) => {
      if (item.type === "document") onItem(item);
      if (this.#onItemById.has(id)) this.host.pullFeed(id);
    });
    this.host.openFeed(id, { type: "document", key });
    this.host.pullFeed(id);
    return () => {
      this.#onItemById.delete(id);
      this.host.closeFeed(id);
    };
  }

  /** The page comes back, or is looked at again. */
  async wake(isVisible: boolean): Promise<void> {
    this.isVisible = isVisible;
    await this.host.call("wake", { visible: isVisible });
  }

  /** True while it carries the session, as it says. */
  get isHolder(): boolean {
    const told = this.events.findLast(({ type }) => type === "status");
    return told?.type === "status" && told.status.syncing;
  }

  async close(): Promise<void> {
    const { tabs, closing } = this.device;
    tabs.delete(this);
    closing.add(this);
    await this.host.close();
    closing.delete(this);
  }

  /** Ends it as a browser ends a tab: no callback, no answer, no word from it. */
  kill(): void {
    this.life.kill();
    this.device.tabs.delete(this);
    this.device.closing.delete(this);
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

  async #giveToken(id: number): Promise<void> {
    const { world, giveToken } = this.device;
    await this.life.see(world.sleep(world.between(0, 50)));
    const token = giveToken?.();
    const answer =
      token === undefined
        ? ({ ok: false, error: packError(new Error("the app has no token")) } as const)
        : ({ ok: true, value: token } as const);
    if (this.isOpen) await this.host.call("token", { id, answer });
  }

  #hear(event: HostEvent): void {
    if (this.life.hasEnded) return;
    this.events.push(event);
    if (event.type === "feed-error") this.hasLostFeed = true;
    if (event.type === "token") void this.#giveToken(event.id);
    if (event.type === "feed") this.#onItemById.get(event.id)?.(event.item);
  }
}
