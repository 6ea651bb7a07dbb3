/**
 * A relay as people run it: a process of its own on a SQLite file. It can be stopped or killed and started again, and
 * keeps file and address, so that pages which know it find it again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

const workspaceProgram = createRequire(import.meta.url).resolve("@rockpool/relay/cli");

export class RelayProcess {
  readonly #file: () => string;
  readonly #program: string;
  readonly #environment: Readonly<Record<string, string>>;
  #port = 0;
  #child: ChildProcess | undefined;
  #faults = "";

  /** `program`: the script to run, that of the workspace unless another is named; `environment`: more for its environment. */
  constructor(
    file: () => string,
    program: string = workspaceProgram,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#file = file;
    this.#program = program;
    this.#environment = environment;
  }

  /** `ws://127.0.0.1:port`; known from the first start on. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** Starts it if it is not running; fulfilled when it listens. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const args = [this.#program, "--port", String(this.#port), "--data", this.#file()];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.#environment },
    });
    this.#child = child;
    child.stderr.on("data", (data: Buffer) => {
      this.#faults += data.toString();
    });
    const [line] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as unknown[];
    const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(String(line))?.[1];
    if (port === undefined) throw new Error(`the relay did not start: ${this.takeFaults()}`);
    this.#port = Number(port);
  }

  /** What it printed as faults since the last call. */
  takeFaults(): string {
    const faults = this.#faults;
    this.#faults = "";
    return faults;
  }

  /** Ends it by a signal, if it is running; gives its exit code, null when the signal killed it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  }
}
