/**
 * A device whose tabs share one bucket, through the public face and down to its log: what the tests
 * of the store run their commands on. Its clock is moved by the test alone.
 */
import {
  type Host,
  type HostEnvironment,
  type HostSettings,
  platformEnvironment,
  serveHost,
} from "@rockpool/host";
import type { BucketSettings, Log } from "@rockpool/log";
import type { Kv } from "rockpool";
import { connectKv } from "rockpool/connect";
import { FakeDevice, type FakeTab, seededRandom } from "../fake-environment.ts";
import { type ObservedLog, observeLog, type Tally } from "./observed-log.ts";

/** The storage of one device. */
export interface StoreBed {
  /** Opens one more handle on it. */
  openLog(): Promise<Log>;
  /** The platform's own locks and channels instead of faked ones; a tab can then not be killed. */
  readonly isRealPlatform?: boolean;
}

export interface StoreSettings {
  /** A bucket with a relay that is never reached, so that all commits stay pending. */
  readonly hasRelay: boolean;
  readonly host: HostSettings;
  /** What every tab asks for when it opens the bucket. */
  readonly kept?: BucketSettings;
  /** How many of the messages between tabs are lost, from 0 to 1. */
  readonly loss: number;
  readonly seed: number;
}

export interface StoreTab {
  readonly kv: Kv;
  readonly host: Host;
  readonly observed: ObservedLog;
  readonly tab: FakeTab;
}

let databases = 0;

export class StoreDevice {
  readonly settings: StoreSettings;
  readonly tally: Tally;
  readonly tabs: StoreTab[] = [];
  readonly #bed: StoreBed;
  readonly #fake: FakeDevice;
  readonly #database: string;

  private constructor(bed: StoreBed, settings: StoreSettings, tally: Tally) {
    this.#bed = bed;
    this.settings = settings;
    this.tally = tally;
    const random = seededRandom(settings.seed);
    this.#fake = new FakeDevice({ random, isLost: () => random() < settings.loss });
    this.#database = `store-${(databases += 1)}-${settings.seed}`;
  }

  /** Opens a bucket in `tabs` tabs. */
  static async open(
    bed: StoreBed,
    settings: StoreSettings,
    tally: Tally,
    tabs: number,
  ): Promise<StoreDevice> {
    const device = new StoreDevice(bed, settings, tally);
    for (let index = 0; index < tabs; index++) await device.openTab();
    return device;
  }

  /** Closes every tab and opens the bucket anew in one, from what is stored. */
  static async reopen(device: StoreDevice): Promise<StoreDevice> {
    await device.close();
    return StoreDevice.open(device.#bed, device.settings, device.tally, 1);
  }

  get nowMs(): number {
    return this.#fake.nowMs;
  }

  /** Moves the clock; a timer that falls due has had its turn afterwards. */
  async advance(ms: number): Promise<void> {
    this.#fake.advance(ms);
    await turn();
  }

  /** Moves the clock as a device that slept finds it. */
  async sleep(ms: number): Promise<void> {
    this.#fake.sleep(ms);
    await turn();
  }

  mustGetTab(index: number): StoreTab {
    const tab = this.tabs[index % this.tabs.length];
    if (tab === undefined) throw new Error("no tab is open");
    return tab;
  }

  async openTab(): Promise<void> {
    this.tabs.push(await this.#openTab());
  }

  async closeTab(index: number): Promise<void> {
    const [tab] = this.tabs.splice(index % this.tabs.length, 1);
    await tab?.kv[Symbol.asyncDispose]();
  }

  /** Closes a tab, or ends it without a word to its host, and opens another in its place. */
  async reopen(index: number, isKilled: boolean): Promise<void> {
    const place = index % this.tabs.length;
    const { kv, tab } = this.mustGetTab(place);
    const mayKill = this.#bed.isRealPlatform !== true;
    if (isKilled && mayKill) tab.kill();
    else await kv[Symbol.asyncDispose]();
    this.tally[isKilled && mayKill ? "kills" : "reopens"]++;
    this.tabs[place] = await this.#openTab();
  }

  async close(): Promise<void> {
    await Promise.all(this.tabs.map(({ kv }) => kv[Symbol.asyncDispose]()));
  }

  async #openTab(): Promise<StoreTab> {
    const tab = this.#fake.openTab();
    const environment = this.#environmentOf(tab);
    const observed = observeLog(await this.#bed.openLog(), this.tally);
    let opened: Host | undefined;
    const api = serveHost({
      environment,
      openLog: async () => observed.log,
      settings: this.settings.host,
      onHost: (host) => {
        opened = host;
      },
    });
    const options = {
      bucket: "store",
      database: this.#database,
      durability: "relaxed",
      settings: this.settings.kept ?? {},
      ...(this.settings.hasRelay ? { relay: "ws://relay.invalid/" } : {}),
    } as const;
    const kv = await connectKv(options, api, { locks: environment.locks });
    if (opened === undefined) throw new Error("the host was not opened");
    return { kv, host: opened, observed, tab };
  }

  #environmentOf({ environment }: FakeTab): HostEnvironment {
    if (this.#bed.isRealPlatform !== true) return environment;
    const { locks, openChannel, drawId } = platformEnvironment();
    return { ...environment, locks, openChannel, drawId };
  }
}

/** A turn of the event loop. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
