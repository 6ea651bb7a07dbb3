// Makes sure that there is a Chromium for the browser tests: finds one, or fetches Playwright's, or (as root on
// Debian and its kin) installs the distribution's. Says what it found, or what a person must install.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.ts";

const playwrightCli = fileURLToPath(new URL("../node_modules/playwright/cli.js", import.meta.url));

/** Finds or installs Chromium and prints what it did. False when there is none in the end. */
export const ensureBrowser = (): boolean => {
  const path = findOrInstall();
  if (path === undefined) {
    console.error(
      "browser: no Chromium found, and none could be installed.\n" +
        "Install Chromium or Google Chrome (Debian, Ubuntu: sudo apt-get install chromium), " +
        "or set CHROMIUM_PATH to one that is there.",
    );
    return false;
  }
  const version = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 20_000 }).stdout?.trim();
  console.log(`browser: ${path}${version ? ` (${version})` : ""}`);
  return true;
};

const findOrInstall = (): string | undefined => {
  try {
    return findChromium() ?? fetchPlaywrightBrowser() ?? installChromiumPackage();
  } catch (error) {
    console.error(`browser: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
};

const fetchPlaywrightBrowser = (): string | undefined => {
  console.log("browser: no Chromium on this machine; trying Playwright's download");
  run(process.execPath, [playwrightCli, "install", "chromium"]);
  return findChromium();
};

const installChromiumPackage = (): string | undefined => {
  installDebianPackages(["chromium"]);
  return findChromium();
};

/** Installs packages of Debian and its kin, as root and where there is apt-get; elsewhere it does nothing. */
export const installDebianPackages = (packages: readonly string[]): void => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || spawnSync("apt-get", ["--version"]).status !== 0) return;
  console.log(`browser: trying the distribution's ${packages.join(", ")}`);
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
};

const run = (command: string, args: readonly string[]): void => {
  spawnSync(command, args, { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
};

if (import.meta.main) process.exitCode = ensureBrowser() ? 0 : 1;
