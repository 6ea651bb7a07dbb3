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
import { Device, type DeviceBed } from "./device.ts";
import { Journal } from "./journal.ts";
import { copyRelayFile, readRelay, type RelayContent } from "./relay-file.ts";

/** Longest time of a test, in ms. */
const testMsMax = 60_000;

export class SyncBed implements DeviceBed {
  readonly relay: RelayProcess;
  readonly #folder: string;
  readonly #server: FolderServer;
  readonly #browsers: CrashBrowser[] = [];
  bucket = "";

  /**
   * To be opened before the tests of a file are named: it gives them their time. `relayEnvironment`: more for the
   * environment of the relay.
   */
  static async open(relayEnvironment: Readonly<Record<string, string>> = {}): Promise<SyncBed> {
    vi.setConfig({ testTimeout: testMsMax });
    const server = await serveFolder(await buildSite("witness"), "127.0.0.1", 0);
    const bed = new SyncBed(await mkdtemp(join(tmpdir(), "rockpool-sync-")), server, relayEnvironment);
    await bed.relay.start();
    return bed;
  }

  private constructor(
    folder: string,
    server: FolderServer,
    relayEnvironment: Readonly<Record<string, string>>,
  ) {
    this.#folder = folder;
    this.#server = server;
    this.relay = new RelayProcess(() => this.relayFile, undefined, relayEnvironment);
    this.startTest();
  }

  get pageUrl(): string {
    return this.#server.url;
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
    return new Device(this, browser, journal);
  }

  /** Another device, without a browser of its own. */
  async addDevice({ browser }: Device): Promise<Device> {
    return new Device(this, browser, new Journal(), await browser.addContext());
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
}
