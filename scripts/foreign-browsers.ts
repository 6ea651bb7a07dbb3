// Firefox and WebKitGTK on this machine: where they are, which packages of Debian they come from, and how each is
// started on an address. Neither needs a driver for that.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { installDebianPackages } from "./ensure-browser.ts";

/** How a program is started. */
export interface BrowserCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ForeignBrowser {
  readonly name: string;
  /** All of them must be there. */
  readonly programs: readonly string[];
  /** Debian's packages of them. */
  readonly packages: readonly string[];
  /** Opens `url`, and keeps all that it keeps in the folder `profile`. */
  start(url: string, profile: string): BrowserCommand;
  /** Prints its version and ends. */
  version(): BrowserCommand;
}

const firefoxProgram = "/usr/bin/firefox-esr";

export const firefox: ForeignBrowser = {
  name: "Firefox",
  programs: [firefoxProgram],
  packages: ["firefox-esr"],
  start: (url, profile) => ({
    program: firefoxProgram,
    args: ["--headless", "--no-remote", "--profile", profile, url],
    env: {},
  }),
  version: () => ({ program: firefoxProgram, args: ["--version"], env: {} }),
};

const miniBrowserProgram = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;
const displayProgram = "/usr/bin/xvfb-run";

/** The browser that WebKitGTK is tested with, on a display that nobody sees. */
export const webkit: ForeignBrowser = {
  name: "WebKitGTK",
  programs: [miniBrowserProgram, displayProgram],
  packages: ["libwebkit2gtk-4.1-0", "xvfb", "xauth"],
  start: (url, profile) => ({
    program: displayProgram,
    args: ["--auto-servernum", miniBrowserProgram, url],
    env: { XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile, XDG_CONFIG_HOME: profile },
  }),
  version: () => ({
    program: displayProgram,
    args: ["--auto-servernum", miniBrowserProgram, "--version"],
    env: {},
  }),
};

/** Finds the browser or installs it, and prints what it did. False when it is not there in the end. */
export const ensureForeignBrowser = ({ name, programs, packages, version }: ForeignBrowser): boolean => {
  const isThere = (): boolean => programs.every((program) => existsSync(program));
  if (!isThere()) installDebianPackages(packages);
  if (!isThere()) {
    console.log(
      `${name}: skipped, for it is not on this machine (${programs.join(", ")}) and could not be installed. ` +
        `Debian, Ubuntu: sudo apt-get install ${packages.join(" ")}`,
    );
    return false;
  }
  const { program, args } = version();
  console.log(`${name}: ${spawnSync(program, args, { encoding: "utf8", timeout: 20_000 }).stdout.trim()}`);
  return true;
};
