/**
 * A device in a virtual world: one disk, its tabs' locks and channel, and a clock of its own. Its tabs
 * take from the world what hosts take from their platform. A device loses power, is emptied, restored
 * or cloned.
 */
import type { HostChannel, HostEnvironment, HostSettings } from "@rockpool/host";
import { emptyImage, openMemoryLog, type StorageImage } from "@rockpool/log";
import { FakeLocks } from "../fake-locks.ts";
import { DeviceStorage } from "./device-storage.ts";
import { TabChannel } from "./tab-channel.ts";
import { TabLife } from "./tab-life.ts";
import type { VirtualRelay } from "./virtual-relay.ts";
import { VirtualTab } from "./virtual-tab.ts";
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

export class VirtualDevice {
  readonly name: string;
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;
  readonly tabs: Set<VirtualTab> = new Set();
  readonly options: DeviceOptions;
  clockAheadMs: number;
  /** Its clock was set back at some time. */
  clockWentBack = false;
  /** Another one after each loss of what was stored. */
  storage: DeviceStorage;
  readonly #locks = new FakeLocks();
  readonly #channels = new Set<TabChannel>();
  #stalled: Promise<void> | undefined;

  constructor(world: VirtualWorld, relay: VirtualRelay, options: DeviceOptions) {
    this.world = world;
    this.relay = relay;
    this.name = options.name;
    this.options = options;
    this.clockAheadMs = options.clockAheadMs ?? 0;
    this.storage = this.#createStorage(options.image ?? emptyImage);
  }

  get settings(): HostSettings {
    return this.options.settings ?? {};
  }

  setClock(byMs: number): void {
    this.clockAheadMs += byMs;
    this.clockWentBack ||= byMs < 0;
  }

  /** Opens a tab; time must pass before it is there. */
  async open(): Promise<VirtualTab> {
    const life = new TabLife();
    const tab = new VirtualTab(this, await openMemoryLog(this.storage), life, this.#environment(life));
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

  /** All its tabs end, and what is stored is `image` from here on. */
  loseStorage(image: StorageImage): void {
    for (const tab of this.tabs) tab.kill();
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
    return this.#environment(life);
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

  #environment(life: TabLife): HostEnvironment {
    const { world } = this;
    return {
      now: () => world.nowMs + this.clockAheadMs,
      random: () => world.random(),
      drawId: () => world.drawId(),
      locks: life.seeLocks(this.#locks.forTab(life.end)),
      openChannel: (name) => this.#openChannel(name, life),
      openSocket: (_url, events) =>
        this.relay.network.open(
          this.name,
          {
            onOpen: () => life.do(() => events.onOpen()),
            onFrame: (frame) => life.do(() => events.onFrame(frame)),
            onClose: (permanent, reason) => life.do(() => events.onClose(permanent, reason)),
          },
          life.end,
        ),
      setTimer: (callback, delayMs) => {
        let isCancelled = false;
        const cancel = world.schedule(delayMs, () =>
          life.do(() => {
            if (!isCancelled) callback();
          }),
        );
        return () => {
          isCancelled = true;
          cancel();
        };
      },
      onWake: (callback) => life.onWake(callback),
    };
  }

  #openChannel(name: string, life: TabLife): HostChannel {
    const channel = new TabChannel(name, life, (message) => this.#post(channel, message));
    this.#channels.add(channel);
    life.end.addEventListener("abort", () => this.#channels.delete(channel), { once: true });
    return channel;
  }

  /** Messages of one tab to another stay in order; each may be lost. */
  #post(from: TabChannel, message: unknown): void {
    for (const channel of this.#channels) {
      if (channel === from || channel.name !== from.name) continue;
      if (this.world.chance(this.options.channelLoss ?? 0)) continue;
      const copy: unknown = structuredClone(message);
      const { nowMs } = this.world;
      channel.busyUntilMs = Math.max(channel.busyUntilMs, nowMs + this.world.between(0, 5));
      this.world.schedule(channel.busyUntilMs - nowMs, () => channel.hear(copy));
    }
  }
}
