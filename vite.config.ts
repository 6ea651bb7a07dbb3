// The test projects of the whole repository: "node" for all that needs no browser (and for tests that start one
// themselves), "folder" for suites of "node" once more with their buckets in files, "browser" for tests that run
// inside Chromium.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import type { ViteUserConfig } from "vitest/config";
import { chromiumLaunchOptions } from "./scripts/chromium.ts";
import { bundledWorker } from "./scripts/bundled-worker.ts";

const testFolders = ["packages/*/src", "apps/*/src", "test"];
const exclude = ["**/node_modules/**", "**/dist/**"];

/** The tests that run inside a browser, whichever it is. */
export const browserTests: string[] = testFolders.map((folder) => `${folder}/**/*.browser.test.ts`);

/** Scans what runs in workers too: a dependency met only during a test would make Vite reload the page. */
export const scannedSources: string[] = [
  "packages/{log-idb,host,rockpool,documents}/src/**/!(*.test).ts",
  "test/dialects/**/*.browser.test.ts",
];

const inFolder = fileURLToPath(new URL("test/folder/rockpool-in-folder.ts", import.meta.url));

/** Has tests open their buckets in a folder. */
const rockpoolInFolder: Plugin = {
  name: "rockpool-in-folder",
  enforce: "pre",
  resolveId: (id, importer) => (id === "rockpool" && importer !== inFolder ? inFolder : undefined),
};

const config: ViteUserConfig = {
  test: {
    testTimeout: 20_000,
    expect: { poll: { timeout: 15_000 } },
    // Two even on two cores: many tests wait for browsers and processes that they start.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          environment: "node",
          globalSetup: "test/browser/build-folder.ts",
          include: testFolders.map((folder) => `${folder}/**/*.test.ts`),
          exclude: [...exclude, "**/*.browser.test.ts"],
        },
      },
      {
        extends: true,
        plugins: [rockpoolInFolder],
        test: {
          name: "folder",
          environment: "node",
          globalSetup: "test/folder/data-folder.ts",
          include: ["test/deno-kv/*.test.ts", "test/dialects/fedify-kv/store.test.ts"],
          exclude,
        },
      },
      {
        extends: true,
        plugins: [bundledWorker],
        optimizeDeps: { entries: scannedSources },
        test: {
          name: "browser",
          include: browserTests,
          exclude,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunchOptions() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
};

export default config;
