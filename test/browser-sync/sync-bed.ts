/**
 * What a test of syncing browsers stands on: the witness page on a server, a relay process on its SQLite file, and
 * browsers, each a process group on a profile folder of its own that outlives it and can be copied.
 */
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { vi } from "vitest";
import { type FolderServer, serveFolder } from "../../scripts/serve-folder.ts";
import { buildSite } from "../browser/built-site.ts";
import { RelayProcess } from "../browser/relay-process.ts";
import { CrashBrowser } from "../crash/crash-browser.ts";
import { Journal } from "./journal.ts";
import type { WitnessOptions } from "./page/witness.ts";
import { copyRelayFile, readRelay, type RelayContent } from "./relay-file.ts";
import { WitnessTab } from "./witness-tab.ts";

/** Longest time of a test, in ms. */
const testMsMax = 60_000;

/** A device: a browser's profile, or a context of its own in a browser, and what its tabs said. */
export class Device {
  readonly journal: Journal;
  readonly browser: CrashBrowser;
  readonly tabs: WitnessTab[] = [];
  readonly #open: (device: Device, options: WitnessOptions) => Promise<WitnessTab>;
  readonly context: string | undefined;

  constructor(
    browser: CrashBrowser,
    journal: Journal,
    open: (device: Device, options: WitnessOptions) => Promise<WitnessTab>,
    context?: string,
  ) {
    this.browser = browser;
    this.journal = journal;
    this.context = context;
    this.#open = open;
  }

  /** The tab that was opened last. */
  get lastTab(): WitnessTab {
    const tab = this.tabs.at(-1);
    if (tab === undefined) throw new Error("no tab was opened on this device");
    return tab;
  }

  /** A new tab with the bucket of the running test, synced unless the options name no relay. */
  async openTab(options: WitnessOptions = {}): Promise<WitnessTab> {
    const tab = await this.#open(this, options);
    this.tabs.push(tab);
    return tab;
  }
}

export class SyncBed {
  readonly relay: RelayProcess;
  readonly #folder: string;
  readonly #server: FolderServer;
  readonly #browsers: CrashBrowser[] = [];
  bucket = "";

  /** To be opened before the tests of a file are named: it gives them their time. */
  static async open(): Promise<SyncBed> {
    vi.setConfig({ testTimeout: testMsMax });
    const server = await serveFolder(await buildSite("witness"), "127.0.0.1", 0);
    const bed = new SyncBed(await mkdtemp(join(tmpdir(), "rockpool-sync-")), server);
    await bed.relay.start();
    return bed;
  }

  private constructor(folder: string, server: FolderServer) {
    this.#folder = folder;
    this.#server = server;
    this.relay = new RelayProcess(() => this.relayFile);
    this.startTest();
  }

  get relayFile(): string {
    return join(this.#folder, "relay.sqlite");
  }

  /** What the relay holds now of the running test's bucket. */
  get relayContent(): RelayContent {
    return readRelay(this.relayFile, this.bucket);
  }

  /** From here on all is about a bucket that nobody used before. */
  startTest(): void {
    this.bucket = `bucket-${randomUUID()}`;
  }

  /** Starts a browser on a profile of that name, made if there is none. */
  async launch(profile: string, journal: Journal = new Journal()): Promise<Device> {
    const browser = await CrashBrowser.launch(join(this.#folder, profile), "leveldb");
    this.#browsers.push(browser);
    return new Device(browser, journal, this.#openTab);
  }

  /** Another device, without a browser of its own. */
  async addDevice({ browser }: Device): Promise<Device> {
    return new Device(browser, new Journal(), this.#openTab, await browser.addContext());
  }

  /** Copies the profile of a browser that does not run. */
  async cloneProfile(from: string, to: string): Promise<void> {
    await cp(join(this.#folder, from), join(this.#folder, to), {
      recursive: true,
      // The lock of the one that was killed, which a copy must not carry.
      filter: (path) => !basename(path).startsWith("Singleton"),
    });
  }

  /** Keeps a copy of the file of the relay, which is stopped for it. */
  async backUpRelay(): Promise<void> {
    await this.relay.end("SIGTERM");
    await copyRelayFile(this.relayFile, this.#backup);
    await this.relay.start();
  }

  /** Puts the copy back in the place of the file, as somebody might by hand. */
  async putRelayBack(): Promise<void> {
    await this.relay.end("SIGTERM");
    await copyRelayFile(this.#backup, this.relayFile);
    await this.relay.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.kill()));
    await this.relay.end("SIGKILL");
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20 });
  }

  get #backup(): string {
    return join(this.#folder, "backup.sqlite");
  }

  readonly #openTab = async (
    { browser, context, journal }: Device,
    options: WitnessOptions,
  ): Promise<WitnessTab> => {
    const tab = new WitnessTab(await browser.addTab(context), journal);
    await tab.load(this.#server.url);
    await tab.call("open", this.bucket, { relay: this.relay.url, ...options });
    return tab;
  };
}
