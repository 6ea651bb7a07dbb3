/**
 * The browser suites in browsers other than the one that `npm test` takes, a project for each: Chromium with its profile
 * on disk, on both of its backing stores, Firefox and WebKitGTK. `npm run test:browsers` runs those that are there.
 */
import { join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import type { TestProjectInlineConfiguration, ViteUserConfig } from "vitest/config";
import type { BrowserProviderOption } from "vitest/node";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { firefox, webkit } from "../../scripts/foreign-browsers.ts";
import { browserTests, scannedSources } from "../../vite.config.ts";
import { bundledWorker } from "../../scripts/bundled-worker.ts";
import { spawnedBrowser } from "./spawned-browser.ts";

const project = (
  name: string,
  browser: "chromium" | "firefox" | "webkit",
  provider: BrowserProviderOption,
): TestProjectInlineConfiguration => ({
  extends: true,
  plugins: [bundledWorker],
  optimizeDeps: { entries: scannedSources },
  test: {
    name,
    include: browserTests,
    setupFiles: ["test/browsers/missing-symbols.ts"],
    // A profile on disk serves one page at a time.
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider,
      instances: [{ browser }],
      // Vitest asks for the size of its page. Where the provider cannot set it, it stays as the browser made it.
      commands: { __vitest_viewport: () => {} },
    },
  },
});

/** Chromium keeps IndexedDB in LevelDB, and is moving to SQLite. */
const chromium = (name: string, feature: string): TestProjectInlineConfiguration => {
  const { args = [], ...launchOptions } = chromiumLaunchOptions();
  const profiles = process.env["ROCKPOOL_PROFILES"];
  if (profiles === undefined) throw new Error("ROCKPOOL_PROFILES is not set; npm run test:browsers sets it");
  return project(
    name,
    "chromium",
    playwright({
      launchOptions: { ...launchOptions, args: [...args, feature] },
      persistentContext: join(profiles, name),
    }),
  );
};

const config: ViteUserConfig = {
  // `await using` is more than WebKitGTK understands.
  oxc: { target: "es2024" },
  test: {
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    projects: [
      chromium("chromium-leveldb", "--disable-features=IdbSqliteBackingStore"),
      chromium("chromium-sqlite", "--enable-features=IdbSqliteBackingStore"),
      project("firefox", "firefox", spawnedBrowser(firefox)),
      project("webkit", "webkit", spawnedBrowser(webkit)),
    ],
  },
};

// oxlint-disable-next-line import/no-default-export -- Vite asks for it
export default config;
