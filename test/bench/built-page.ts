/**
 * Builds a page of a benchmark, serves it, and opens a Chromium with a profile on disk for it: the
 * default context keeps its databases in memory. More of them are further devices. All of it is gone again afterwards.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright";
import { build } from "vite";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { serveFolder } from "../../scripts/serve-folder.ts";

/** Opens an empty tab of a device, the same one where none is named. A device is a browser with a profile of its own. */
export type OpenTab = (device?: string) => Promise<Page>;

/** Runs `work` with what opens tabs for the page whose sources are in `root`, and the page's address. */
export const withBuiltPage = async (
  root: URL,
  work: (openTab: OpenTab, url: string) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-bench-"));
  try {
    const outDir = join(folder, "site");
    await build({
      root: fileURLToPath(root),
      logLevel: "error",
      worker: { format: "es" },
      build: { outDir, target: "es2024" },
    });
    await using cleanup = new AsyncDisposableStack();
    const server = await serveFolder(outDir, "127.0.0.1", 0);
    cleanup.defer(() => server.close());
    const devices = new Map<string, BrowserContext>();
    const openDevice = async (name: string): Promise<BrowserContext> => {
      const profile = join(folder, `profile-${name}`);
      const context = await chromium.launchPersistentContext(profile, chromiumLaunchOptions());
      cleanup.defer(() => context.close());
      devices.set(name, context);
      return context;
    };
    const openTab: OpenTab = async (device = "first") => {
      const page = await (devices.get(device) ?? (await openDevice(device))).newPage();
      page.on("pageerror", (error) => process.stderr.write(`${error.stack ?? error.message}\n`));
      return page;
    };
    await work(openTab, server.url);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
