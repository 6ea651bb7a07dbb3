/**
 * What the tabs of a virtual device take from their platform: locks, the channel between them, sockets,
 * timers, and the device's clock.
 */
import type { HostChannel, HostEnvironment } from "@rockpool/host";
import { FakeLocks } from "../fake-locks.ts";
import { TabChannel } from "./tab-channel.ts";
import type { TabLife } from "./tab-life.ts";
import type { VirtualNetwork } from "./virtual-network.ts";
import type { VirtualWorld } from "./virtual-world.ts";

export interface DevicePlatformOptions {
  readonly name: string;
  readonly world: VirtualWorld;
  readonly network: VirtualNetwork;
  /** The device's clock, in ms since 1970. */
  readonly now: () => number;
  /** Messages between tabs that are lost, as a share of one. */
  readonly channelLoss: number;
}

export class DevicePlatform {
  readonly #its: DevicePlatformOptions;
  readonly #locks = new FakeLocks();
  readonly #channels = new Set<TabChannel>();

  constructor(its: DevicePlatformOptions) {
    this.#its = its;
  }

  /** Takes the sync lock from whoever holds it and does not hear of it: the next in line carries a session too. */
  stealSync(): void {
    this.#locks.takeUnheard("rockpool:sync:db");
  }

  /** As a tab with this life sees it. */
  environment(life: TabLife): HostEnvironment {
    const { name, world, network, now } = this.#its;
    return {
      now,
      random: () => world.random(),
      drawId: () => world.drawId(),
      locks: life.seeLocks(this.#locks.forTab(life.end)),
      openChannel: (name) => this.#openChannel(name, life),
      openSocket: (_url, events) =>
        network.open(
          name,
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
    const { world, channelLoss } = this.#its;
    for (const channel of this.#channels) {
      if (channel === from || channel.name !== from.name) continue;
      if (world.chance(channelLoss)) continue;
      const copy: unknown = structuredClone(message);
      const { nowMs } = world;
      channel.busyUntilMs = Math.max(channel.busyUntilMs, nowMs + world.between(0, 5));
      world.schedule(channel.busyUntilMs - nowMs, () => channel.hear(copy));
    }
  }
}
