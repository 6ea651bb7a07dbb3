/**
 * A Vitest provider for browsers that Playwright does not drive: the browser is a process that is started on the address
 * of Vitest's page, and ended with its whole group. No driver is needed for that, so tests cannot ask for one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineBrowserProvider } from "@vitest/browser";
import type { BrowserProvider, BrowserProviderOption } from "vitest/node";
import type { ForeignBrowser } from "../../scripts/foreign-browsers.ts";

export const spawnedBrowser = (browser: ForeignBrowser): BrowserProviderOption =>
  defineBrowserProvider({ name: "spawned", providerFactory: () => new SpawnedBrowser(browser) });

class SpawnedBrowser implements BrowserProvider {
  readonly name = "spawned";
  readonly supportsParallelism = false;
  readonly #browser: ForeignBrowser;
  #process: ChildProcess | undefined;
  #profile: string | undefined;

  constructor(browser: ForeignBrowser) {
    this.#browser = browser;
  }

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(_sessionId: string, url: string): Promise<void> {
    await this.close();
    this.#profile = await mkdtemp(join(tmpdir(), "rockpool-profile-"));
    const { program, args, env } = this.#browser.start(url, this.#profile);
    this.#process = spawn(program, args, {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, TMPDIR: this.#profile, ...env },
    });
    await once(this.#process, "spawn");
  }

  /** Ends the browser with all its processes, and takes its profile away. */
  async close(): Promise<void> {
    const browser = this.#process;
    this.#process = undefined;
    if (browser?.pid !== undefined && browser.exitCode === null && browser.signalCode === null) {
      const ended = once(browser, "exit");
      process.kill(-browser.pid, "SIGTERM");
      await ended;
    }
    const profile = this.#profile;
    this.#profile = undefined;
    if (profile !== undefined) await rm(profile, { recursive: true, force: true, maxRetries: 20 });
  }
}
