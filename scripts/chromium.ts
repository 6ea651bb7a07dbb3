// Where Chromium is on this machine, and how tests start it. The one place that knows both: vite.config.ts, the tests
// that drive a browser themselves, and ensure-browser.ts ask here.
import { existsSync } from "node:fs";
import { chromium, type LaunchOptions } from "playwright";

const systemPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

/** No sandbox, because root has none; the rest keeps Chromium from calling out while tests run. */
const launchArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Path of a Chromium that is there: `CHROMIUM_PATH`, then the system's, then Playwright's own download.
 * @throws Error when `CHROMIUM_PATH` names no file: falling back would test another browser than the one asked for.
 */
export const findChromium = (): string | undefined => {
  const wanted = process.env["CHROMIUM_PATH"];
  if (wanted !== undefined && wanted !== "") {
    if (existsSync(wanted)) return wanted;
    throw new Error(`CHROMIUM_PATH is "${wanted}", and there is no such file. Correct it, or unset it.`);
  }
  return [...systemPaths, chromium.executablePath()].find((path) => existsSync(path));
};

/** How every test starts Chromium; without one on the machine Playwright fails with what to install. */
export const chromiumLaunchOptions = (): LaunchOptions => {
  const executablePath = findChromium();
  return { args: [...launchArgs], ...(executablePath === undefined ? {} : { executablePath }) };
};
