/**
 * What a test file in a real browser works with: a built site on a server, a relay process, and devices in a Chromium
 * with its profile on disk. All of them last for the file; each test gets a bucket that nobody used before. Whatever a
 * test leaves open is closed after it, and an error that a page did not catch, or a fault of the relay, fails it.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { type FolderServer, serveFolder } from "../../scripts/serve-folder.ts";
import { buildSite, type SiteName } from "./built-site.ts";
import { RelayProcess } from "./relay-process.ts";

/** How long a condition is waited for, in ms: a loaded machine is slow. */
const soonMsMax = 20_000;

/** `first` keeps its profile on disk and outlives `quit`; `second` lasts until then. */
export type Device = "first" | "second";

/** Without animations there is less to wait for. */
const pageOptions: BrowserContextOptions = {
  viewport: { width: 1280, height: 900 },
  reducedMotion: "reduce",
};

/** Longest time of a test and of a hook, in ms. */
const testMsMax = 60_000;

export class BrowserBed {
  readonly relay: RelayProcess = new RelayProcess(() => join(this.#folder, "relay.sqlite"));
  readonly #contexts = new Map<Device, BrowserContext>();
  readonly #pages: Page[] = [];
  readonly #pageErrors: Error[] = [];
  #folder = "";
  #site = "";
  #server: FolderServer | undefined;
  #port = 0;
  #bucket = "";

  /** Address of the site, without a slash at the end; the same after a restart. */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The bucket of the running test. */
  get bucket(): string {
    return this.#bucket;
  }

  /** The site's address for the running test: its bucket, and the relay unless another is named. */
  address({ relay = this.relay.url }: { readonly relay?: string } = {}): string {
    return `${this.origin}/?${new URLSearchParams({ bucket: this.#bucket, relay }).toString()}`;
  }

  /** Builds the site if nobody did. */
  async open(site: SiteName): Promise<void> {
    this.#site = await buildSite(site);
    this.#folder = await mkdtemp(join(tmpdir(), "rockpool-browser-"));
  }

  async startServer(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#server = await serveFolder(this.#site, "127.0.0.1", this.#port);
    this.#port = Number(new URL(this.#server.url).port);
  }

  async stopServer(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** A new tab on a device. */
  async openTab(device: Device): Promise<Page> {
    const page = await (await this.#context(device)).newPage();
    this.#pages.push(page);
    page.setDefaultTimeout(soonMsMax);
    page.on("pageerror", (error) => this.#pageErrors.push(error));
    return page;
  }

  /** Quits the browser; the profile stays, and the next tab starts it again. */
  async quit(): Promise<void> {
    await this.#contexts.get("first")?.close();
    this.#contexts.clear();
  }

  async startTest(): Promise<void> {
    this.#bucket = `bucket-${randomUUID()}`;
    await Promise.all([this.startServer(), this.relay.start()]);
  }

  /** @throws Error naming what pages did not catch and what the relay printed as faults */
  async endTest(): Promise<void> {
    await Promise.all(this.#pages.splice(0).map((page) => page.close()));
    const faults = [...this.#pageErrors.splice(0).map(String), this.relay.takeFaults()].join("\n").trim();
    if (faults !== "") throw new Error(`what the page did not catch, or the relay complained of:\n${faults}`);
  }

  async close(): Promise<void> {
    await this.quit();
    await this.relay.end("SIGKILL");
    await this.stopServer();
    if (this.#folder !== "") await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #context(device: Device): Promise<BrowserContext> {
    const running = this.#contexts.get(device);
    if (running !== undefined) return running;
    const context = device === "first" ? await this.#launch() : await this.#addContext();
    this.#contexts.set(device, context);
    return context;
  }

  #launch(): Promise<BrowserContext> {
    const profile = join(this.#folder, "profile");
    return chromium.launchPersistentContext(profile, { ...chromiumLaunchOptions(), ...pageOptions });
  }

  /** Another device: it shares nothing with the profile but the process, which costs most to start. */
  async #addContext(): Promise<BrowserContext> {
    const browser = (await this.#context("first")).browser();
    if (browser === null) throw new Error("Playwright gives no browser for a persistent context");
    return browser.newContext(pageOptions);
  }
}

/** Expects of what `read` gives that it becomes so, soon. */
export const eventually: EventualExpect = (read) => expect.poll(read, { timeout: soonMsMax, interval: 30 });

/** For `toMatchObject`: a number that is no smaller. */
export const atLeast = (least: number): unknown =>
  expect.toSatisfy((count: number) => count >= least, `at least ${least}`);

type EventualExpect = <T>(read: () => T) => ReturnType<typeof expect.poll<T>>;

/**
 * Tells a tab what a browser tells it when the network is back, so that it tries again now: after some failures it
 * would wait longer than a test can.
 */
export const noticeNetwork = async (page: Page): Promise<void> => {
  await Promise.all(
    page.workers().map((worker) => worker.evaluate(() => dispatchEvent(new Event("online")))),
  );
};

/** Lays a bed for the tests of this file, and tidies up after each and after all. */
export const useBrowserBed = (site: SiteName): BrowserBed => {
  vi.setConfig({ testTimeout: testMsMax, hookTimeout: testMsMax });
  const bed = new BrowserBed();
  beforeAll(() => bed.open(site), testMsMax);
  beforeEach(() => bed.startTest(), testMsMax);
  afterEach(() => bed.endTest(), testMsMax);
  afterAll(() => bed.close(), testMsMax);
  return bed;
};
