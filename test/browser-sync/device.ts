/**
 * A device: a browser's profile, or a context of its own in a browser, and what its tabs said of their commits.
 */
import type { CrashBrowser } from "../crash/crash-browser.ts";
import type { Journal } from "./journal.ts";
import type { WitnessOptions } from "./page/witness.ts";
import { WitnessTab } from "./witness-tab.ts";

/** What a device needs to know to open tabs. */
export interface DeviceBed {
  readonly pageUrl: string;
  /** The bucket of the running test. */
  readonly bucket: string;
  readonly relay: { readonly url: string };
}

export class Device {
  readonly browser: CrashBrowser;
  readonly journal: Journal;
  readonly tabs: WitnessTab[] = [];
  readonly #bed: DeviceBed;
  readonly #context: string | undefined;

  /** `context`: one that the browser gave; without it the device is the browser's profile. */
  constructor(bed: DeviceBed, browser: CrashBrowser, journal: Journal, context?: string) {
    this.browser = browser;
    this.journal = journal;
    this.#bed = bed;
    this.#context = context;
  }

  /** The tab that was added last. */
  get lastTab(): WitnessTab {
    const tab = this.tabs.at(-1);
    if (tab === undefined) throw new Error("no tab was opened on this device");
    return tab;
  }

  /** A new tab, in front of the others, that has not opened the bucket yet. */
  async addTab(): Promise<WitnessTab> {
    const tab = new WitnessTab(await this.browser.addTab(this.#context), this.journal);
    await tab.load(this.#bed.pageUrl);
    this.tabs.push(tab);
    return tab;
  }

  /** A new tab with the bucket of the running test, synced with the bed's relay unless the options name another. */
  async openTab(options: WitnessOptions = {}): Promise<WitnessTab> {
    const tab = await this.addTab();
    await this.open(tab, options);
    return tab;
  }

  /** Opens the bucket of the running test in a tab. */
  async open(tab: WitnessTab, options: WitnessOptions = {}): Promise<void> {
    await tab.call("open", this.#bed.bucket, { relay: this.#bed.relay.url, ...options });
  }
}
