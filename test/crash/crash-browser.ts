/**
 * A Chromium that a test may kill: a process group of its own on a profile folder that outlives it. Its tabs run the
 * page of generations.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
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
    const { targetId } = await this.devtools.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.devtools.send("Target.attachToTarget", { targetId, flatten: true });
    const tab = new CrashTab(this.devtools, String(targetId), String(sessionId));
    await tab.load(url);
    return tab;
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

export class CrashTab {
  readonly #devtools: Devtools;
  readonly #target: string;
  readonly #session: string;
  /** The highest number that the page said was acknowledged, as far as it was heard. */
  acknowledged = 0;
  /** What the page did not catch. */
  readonly errors: unknown[] = [];

  constructor(devtools: Devtools, target: string, session: string) {
    this.#devtools = devtools;
    this.#target = target;
    this.#session = session;
    devtools.listen(({ method, sessionId, params }) => {
      if (sessionId !== session) return;
      if (method === "Runtime.bindingCalled") this.#acknowledge(Number(params["payload"]));
      if (method === "Runtime.exceptionThrown") this.errors.push(params["exceptionDetails"]);
    });
  }

  async load(url: string): Promise<void> {
    await Promise.all([
      this.send("Page.enable"),
      this.send("Runtime.enable"),
      this.send("Inspector.enable"),
      this.send("Runtime.addBinding", { name: "acknowledge" }),
    ]);
    const loaded = this.next("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return this.#devtools.send(method, params, this.#session);
  }

  next(method: string): Promise<unknown> {
    return this.#devtools.next(method, this.#session);
  }

  /** Calls what the page offers. */
  async call<Name extends keyof Generations>(
    name: Name,
    ...args: Parameters<Generations[Name]>
  ): Promise<Awaited<ReturnType<Generations[Name]>>> {
    const expression = `generations.${name}(...${JSON.stringify(args)})`;
    return (await this.evaluate(expression)) as Awaited<ReturnType<Generations[Name]>>;
  }

  async evaluate(expression: string): Promise<unknown> {
    const options = { awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, ...options });
    if (exceptionDetails !== undefined) {
      throw new Error(`${expression} threw ${JSON.stringify(exceptionDetails)}`);
    }
    return (result as { readonly value?: unknown }).value;
  }

  /** Waits until so many more commits have been acknowledged than now. @throws Error when the page fails */
  untilAcknowledged(more: number): Promise<void> {
    const goal = this.acknowledged + more;
    return new Promise((resolve, reject) => {
      const forget = this.#devtools.listen(() => {
        if (this.errors.length > 0) reject(new Error(`the page failed: ${JSON.stringify(this.errors[0])}`));
        else if (this.acknowledged >= goal) resolve();
        else return;
        forget();
      });
    });
  }

  /** Fulfilled when the tab is gone. `asking`: the page asks the user first, who leaves all the same. */
  async close({ asking }: { readonly asking: boolean }): Promise<void> {
    const gone = this.#devtools.next("Target.detachedFromTarget");
    if (asking) {
      const asked = this.next("Page.javascriptDialogOpening");
      await this.send("Page.close");
      await asked;
      await this.send("Page.handleJavaScriptDialog", { accept: true });
    } else {
      await this.#devtools.send("Target.closeTarget", { targetId: this.#target });
    }
    await gone;
  }

  /** Ends its process as a fault in it would. */
  async crash(): Promise<void> {
    const crashed = this.next("Inspector.targetCrashed");
    // Its answer never comes: there is nobody left to give it.
    this.send("Page.crash").catch(() => undefined);
    await crashed;
  }

  #acknowledge(n: number): void {
    this.acknowledged = Math.max(this.acknowledged, n);
  }
}

/** Expects whole commits, each of them counted once. */
export const expectWhole = ({ names, parts, lastByWriter, count }: Content): void => {
  expect([names.length, parts]).toEqual([1, 50]);
  expect(Object.values(lastByWriter).reduce((sum, last) => sum + last, 0)).toBe(count);
};
