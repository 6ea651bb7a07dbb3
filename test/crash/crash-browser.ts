/**
 * A Chromium that a test may kill: a process group of its own on a profile folder that outlives it. Its tabs run the
 * page of generations.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { BrowserTab, type TabAddress } from "./browser-tab.ts";
import { Devtools } from "./devtools.ts";
import type { Content, Generations } from "./page/generations.ts";

/** Where Chromium keeps IndexedDB: "leveldb" as it does by default, or "sqlite" as it is going to. */
export type BackingStore = "leveldb" | "sqlite";

const storeArgs: Readonly<Record<BackingStore, string>> = {
  leveldb: "--disable-features=IdbSqliteBackingStore",
  sqlite: "--enable-features=IdbSqliteBackingStore",
};

export class CrashBrowser {
  readonly #process: ChildProcess;
  readonly devtools: Devtools;

  static async launch(profile: string, store: BackingStore): Promise<CrashBrowser> {
    const { executablePath, args = [] } = chromiumLaunchOptions();
    if (executablePath === undefined) {
      throw new Error("there is no Chromium; node scripts/ensure-browser.ts fetches one");
    }
    const own = [
      "--headless=new",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      storeArgs[store],
    ];
    const process = spawn(executablePath, [...args, ...own], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    return new CrashBrowser(process, await Devtools.connect(await devtoolsAddress(process)));
  }

  private constructor(process: ChildProcess, devtools: Devtools) {
    this.#process = process;
    this.devtools = devtools;
  }

  /** A new tab, in front of the others. */
  async openTab(url: string): Promise<CrashTab> {
    const tab = new CrashTab(await this.addTab());
    await tab.load(url);
    return tab;
  }

  /** A new tab without a page; `context` is one that `addContext` gave. */
  async addTab(context?: string): Promise<TabAddress> {
    const { devtools } = this;
    const target = { url: "about:blank", browserContextId: context };
    const { targetId } = await devtools.send("Target.createTarget", target);
    const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: true });
    return { devtools, target: String(targetId), session: String(sessionId) };
  }

  /** Another device, as far as pages can tell: it shares nothing with the profile, and keeps nothing. */
  async addContext(): Promise<string> {
    return String((await this.devtools.send("Target.createBrowserContext"))["browserContextId"]);
  }

  /** SIGKILL to every process of the browser. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#process, "exit");
    process.kill(-pid, "SIGKILL");
    await Promise.all([ended, this.devtools.closed]);
  }
}

const devtoolsAddress = async ({ stderr }: ChildProcess): Promise<string> => {
  if (stderr === null) throw new Error("the process was started without a pipe");
  const said: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    const address = /^DevTools listening on (ws:.*)$/.exec(line)?.[1];
    if (address !== undefined) {
      stderr.resume();
      return address;
    }
    said.push(line);
  }
  throw new Error(`Chromium did not start:\n${said.join("\n")}`);
};

export class CrashTab extends BrowserTab {
  /** The highest number that the page said was acknowledged, as far as it was heard. */
  acknowledged = 0;

  constructor(address: TabAddress) {
    super(address, "acknowledge");
  }

  /** Calls what the page offers. */
  async call<Name extends keyof Generations>(
    name: Name,
    ...args: Parameters<Generations[Name]>
  ): Promise<Awaited<ReturnType<Generations[Name]>>> {
    const expression = `generations.${name}(...${JSON.stringify(args)})`;
    return (await this.evaluate(expression)) as Awaited<ReturnType<Generations[Name]>>;
  }

  /** Waits until so many more commits have been acknowledged than now. @throws Error when the page fails */
  untilAcknowledged(more: number): Promise<void> {
    const goal = this.acknowledged + more;
    return this.until(() => this.acknowledged >= goal);
  }

  protected override hear(n: string): void {
    this.acknowledged = Math.max(this.acknowledged, Number(n));
  }
}

/** Expects whole commits, each of them counted once. */
export const expectWhole = ({ names, parts, lastByWriter, count }: Content): void => {
  expect([names.length, parts]).toEqual([1, 50]);
  expect(Object.values(lastByWriter).reduce((sum, last) => sum + last, 0)).toBe(count);
};
