/**
 * A process that runs `bucket-program.ts`: what it has printed so far, and its end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("bucket-program.ts", import.meta.url));

/** Longest wait for what it prints, in ms. */
const printMsMax = 15_000;

export class ChildProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  #printed = "";
  #complaints = "";

  constructor(task: "commit" | "sync" | "hold" | "race" | "exit" | "close", ...given: readonly string[]) {
    this.#child = spawn(process.execPath, [program, task, ...given], { stdio: ["ignore", "pipe", "pipe"] });
    this.#exited = once(this.#child, "exit");
    this.#child.stdout?.on("data", (data: Buffer) => (this.#printed += data.toString()));
    this.#child.stderr?.on("data", (data: Buffer) => (this.#complaints += data.toString()));
  }

  /** The whole lines it has printed. */
  get lines(): readonly string[] {
    return this.#printed.split("\n").slice(0, -1);
  }

  async untilLines(count: number): Promise<void> {
    for (const end = Date.now() + printMsMax; this.lines.length < count; await delay(5)) {
      if (Date.now() < end && this.#complaints === "") continue;
      throw new Error(`the program printed ${this.lines.length} lines, not ${count}: ${this.#complaints}`);
    }
  }

  /** Kills it where it stands. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
    // What it had printed may still be on its way.
    if (this.#child.stdout?.readableEnded === false) await once(this.#child.stdout, "close");
  }

  /** Waits for its own end, and gives its exit code and what it complained of. */
  async end(): Promise<{ readonly code: unknown; readonly complaints: string }> {
    const [code] = await this.#exited;
    return { code, complaints: this.#complaints };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}
