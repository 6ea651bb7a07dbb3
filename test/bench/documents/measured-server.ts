/**
 * A server in a process of its own that can be asked for its memory and processor time: any program that prints its
 * address first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { ServerUse } from "./server-probe.ts";

const probe = new URL("server-probe.ts", import.meta.url).href;

export class MeasuredServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Fulfilled when it listens. */
  static async start(program: string, args: readonly string[]): Promise<MeasuredServer> {
    const child = spawn(process.execPath, ["--expose-gc", "--import", probe, program, ...args], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const lines = createInterface({ input: child.stdout as Readable });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as unknown[];
    const url = /ws:\/\/127\.0\.0\.1:\d+/.exec(String(line))?.[0];
    if (url === undefined) throw new Error(`${program} did not start: ${String(line)}`);
    return new MeasuredServer(child, url);
  }

  async use(): Promise<ServerUse> {
    const answer = once(this.#child, "message");
    this.#child.send("use");
    const [use] = (await answer) as [ServerUse];
    return use;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
