/**
 * For tests of what an app is promised under a relay: the real `Kv` over a real host, on a device of a
 * virtual world. Calls take effect as the world's time passes (`bed.done`).
 */
import { type Host, type HostApi, type HostOpenOptions, serveHost } from "@rockpool/host";
import { openMemoryLog } from "@rockpool/log";
import { createScope, type Key, packKey } from "@rockpool/model";
import type { RelayConfig } from "@rockpool/relay";
import { type Kv, openKv } from "rockpool";
import { connectKv, type ConnectOptions } from "rockpool/connect";
import { type DeviceOptions, VirtualDevice } from "../simulator/virtual-device.ts";
import { bucketName, VirtualRelay } from "../simulator/virtual-relay.ts";
import { VirtualWorld } from "../simulator/virtual-world.ts";

/** A tab with an app in it. */
export interface App {
  readonly kv: Kv;
  readonly host: Host;
  /** Ends the tab as a browser does, without a word from it. */
  kill(): void;
  /** From here on the page hears nothing from its host, which lives. */
  hang(): void;
}

export type AppOptions = Pick<ConnectOptions, "confirm" | "onConflict"> &
  Partial<Pick<HostOpenOptions, "conflict" | "follow">> & {
    /** False: the tab is opened without the option relay. Default: true. */
    readonly hasRelay?: boolean;
  };

export class AppBed {
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;

  private constructor(config: Partial<RelayConfig>, seed: number) {
    this.world = new VirtualWorld(seed);
    this.relay = new VirtualRelay(this.world, config);
  }

  static async open(config: Partial<RelayConfig> = {}, seed = 1): Promise<AppBed> {
    const bed = new AppBed(config, seed);
    await bed.relay.start();
    // Has what is loaded at its first call loaded: it would take real time in a world of its own.
    const kv = await openKv(":memory:");
    await kv.status();
    await kv[Symbol.asyncDispose]();
    return bed;
  }

  device(name: string, options: Omit<DeviceOptions, "name"> = {}): VirtualDevice {
    return new VirtualDevice(this.world, this.relay, { name, ...options });
  }

  /** As `openApp`, on a device that follows these prefixes alone. */
  async openFollowing(name: string, ...prefixes: readonly Key[]): Promise<App> {
    const device = this.device(name);
    const log = await openMemoryLog(device.storage);
    const followed = createScope(prefixes.map((prefix) => packKey(prefix)));
    const follow = { type: "row", row: { type: "follow", followed } } as const;
    await this.done(log.append(0, () => follow, { durability: "relaxed" }));
    await log.close();
    const app = await this.openTab(device);
    await this.live(app);
    return app;
  }

  /** Opens a tab; it has no session before `live`. */
  openTab(device: VirtualDevice, options: AppOptions = {}): Promise<App> {
    return this.done(this.#openTab(device, options));
  }

  /** A device with one tab that has a session. */
  async openApp(name: string, options: AppOptions = {}): Promise<App> {
    const app = await this.openTab(this.device(name), options);
    await this.live(app);
    return app;
  }

  /** What a promise comes to, once time has passed. */
  done<T>(promise: Promise<T>): Promise<T> {
    return this.world.resolved(promise);
  }

  /** Waits until the tab knows of a session. */
  live({ kv }: App): Promise<void> {
    return this.world.until(
      () => kv.sync.status.state === "synced" || kv.sync.status.state === "syncing",
      () => `no session: ${kv.sync.status.state}`,
    );
  }

  /** Waits until these have all that the relay has, and nothing waits. */
  quiet(...apps: readonly App[]): Promise<void> {
    const isQuiet = ({ host: { state } }: App): boolean =>
      state.pendingCount === 0 && state.session.revealed === this.relay.head;
    return this.world.until(
      () => apps.every(isQuiet),
      () => "not quiet",
    );
  }

  setOnline(name: string, isOnline: boolean): void {
    this.relay.network.setOnline(name, isOnline);
  }

  async #openTab(
    device: VirtualDevice,
    { hasRelay = true, confirm = "local", conflict = "last-write-wins", onConflict, follow }: AppOptions,
  ): Promise<App> {
    const killing = new AbortController();
    const environment = device.environment(killing.signal);
    let host: Host | undefined;
    let isHung = false;
    const served = serveHost({
      environment,
      openLog: () => openMemoryLog(device.storage),
      settings: device.settings,
      onHost: (opened) => {
        host = opened;
      },
    });
    const api: HostApi = {
      open: (options, onEvents) =>
        served.open(options, (events) => {
          if (!isHung) onEvents(events);
        }),
      batch: (requests) => served.batch(requests),
      call: (type, argument) => served.call(type, argument),
      openFeed: (id, request) => served.openFeed(id, request),
      pullFeed: (id) => served.pullFeed(id),
      closeFeed: (id) => served.closeFeed(id),
      close: () => served.close(),
    };
    const open: HostOpenOptions = {
      bucket: bucketName,
      database: "db",
      durability: "relaxed",
      conflict,
      resolvesConflicts: onConflict !== undefined,
      ...(hasRelay ? { relay: "relay" } : {}),
      ...(follow === undefined ? {} : { follow }),
    };
    const kv = await connectKv(open, api, {
      locks: environment.locks,
      clock: environment,
      confirm,
      ...(onConflict === undefined ? {} : { onConflict }),
    });
    const hang = (): void => {
      isHung = true;
    };
    return { kv, host: host as unknown as Host, kill: () => killing.abort(), hang };
  }
}
