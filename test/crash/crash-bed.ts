/**
 * What the crash tests of one file stand on: the built page on a server, and a profile folder for each backing store,
 * which outlives the browsers that are launched on it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FolderServer, serveFolder } from "../../scripts/serve-folder.ts";
import { buildSite } from "../browser/built-site.ts";
import { type BackingStore, CrashBrowser } from "./crash-browser.ts";

export class CrashBed {
  readonly #folder: string;
  readonly #server: FolderServer;
  #browser: CrashBrowser | undefined;

  static async open(): Promise<CrashBed> {
    const server = await serveFolder(await buildSite("generations"), "127.0.0.1", 0);
    return new CrashBed(await mkdtemp(join(tmpdir(), "rockpool-crash-")), server);
  }

  private constructor(folder: string, server: FolderServer) {
    this.#folder = folder;
    this.#server = server;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Kills the browser that was launched before, and starts one on the profile of `store`. */
  async launch(store: BackingStore): Promise<CrashBrowser> {
    await this.#browser?.kill();
    this.#browser = await CrashBrowser.launch(join(this.#folder, store), store);
    return this.#browser;
  }

  async close(): Promise<void> {
    await this.#browser?.kill();
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20 });
  }
}
