/**
 * A tab of a virtual device: a real host, what an app asks of it and what it hears. It is closed as an
 * app does it, killed or frozen.
 */
import {
  type FeedItem,
  type FeedRequest,
  Host,
  type HostAnswer,
  type HostEnvironment,
  type HostEvent,
  type HostRequest,
  type TransportEntry,
  type TransportMutation,
} from "@rockpool/host";
import type { Log } from "@rockpool/log";
import {
  lastVersionstampOf,
  type PackedKey,
  type Versionstamp,
  wholeRange,
  zeroVersionstamp,
} from "@rockpool/model";
import type { Ask, FeedState } from "./tab-asks.ts";
import { mortalLog, type TabLife } from "./tab-life.ts";
import type { VirtualDevice } from "./virtual-device.ts";
import { bucketName } from "./virtual-relay.ts";

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
  #host: Host | undefined;
  #feeds = 0;

  constructor(device: VirtualDevice, log: Log, life: TabLife, environment: HostEnvironment) {
    this.device = device;
    this.life = life;
    this.environment = environment;
    this.#log = mortalLog(log, life);
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
  async commit({ checks = [], mutations }: Ask): Promise<Versionstamp | null> {
    const answer = await this.#ask({ type: "commit", checks, mutations: mutations as TransportMutation[] });
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

  async close(): Promise<void> {
    this.device.tabs.delete(this);
    await this.host.close();
  }

  /** Ends it as a browser ends a tab: no callback, no answer, no word from it. */
  kill(): void {
    this.life.kill();
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
    if (this.life.hasEnded) return;
    this.events.push(event);
    if (event.type === "feed-error") this.hasLostFeed = true;
    if (event.type === "feed") this.#onItemById.get(event.id)?.(event.item);
  }
}
