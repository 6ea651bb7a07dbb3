/**
 * `npm start`: its script serves the board and a relay, says where, and ends when it is told to.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";

const program = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));
vi.setConfig({ testTimeout: 60_000 });

interface StartedScript {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  printed(): string;
  /** Fulfilled with what was printed once it matches, or rejected when the script ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code. */
  ended(): Promise<number | null>;
}

let folder = "";
const running: StartedScript[] = [];
let busy: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-start-"));
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL");
    await ended();
  }
  busy?.close();
  busy = undefined;
  await rm(folder, { recursive: true, force: true });
});

test("it prints the addresses of board and relay, serves both, and ends without a fault on SIGTERM", async () => {
  const script = start("--port", "0", "--board-port", "0");
  const [, board = "", relay = ""] = await script.until(/Board +(http:\S+)\s+Relay +(ws:\S+)/);
  const page = await fetch(board);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<h1>Rockpool")]);
  expect(await (await fetch(`${board}/config.json`)).json()).toEqual({ relay });
  expect(await (await fetch(`${relay.replace("ws:", "http:")}/healthz`)).text()).toBe("ok\n");
  const socket = new WebSocket(relay);
  await once(socket, "open");
  socket.close();

  script.child.kill("SIGTERM");
  expect(await script.ended()).toBe(0);
  expect(script.printed()).toMatch(/Stopped\.\n$/);
  await expect(fetch(board)).rejects.toThrow("fetch failed");
});

test.each([
  { flag: "--port", variable: "ROCKPOOL_PORT", what: "the relay" },
  { flag: "--board-port", variable: "ROCKPOOL_BOARD_PORT", what: "the board" },
])("when the port of $what is taken, it says which one and what to do", async ({ flag, variable, what }) => {
  busy = createServer().listen(0, "127.0.0.1");
  await once(busy, "listening");
  const { port } = busy.address() as AddressInfo;
  const script = start("--port", "0", "--board-port", "0", flag, String(port));
  expect(await script.ended()).toBe(1);
  expect(script.printed()).toContain(`Port ${port} for ${what} is taken by another program`);
  expect(script.printed()).toContain(`${variable}=${port + 1} npm start`);
  expect(script.printed()).toContain(`${flag} ${port + 1}`);
  expect(script.printed()).not.toContain("    at ");
});

test("a port that is none is named, with the range of those that are", async () => {
  const script = start("--port", "70000");
  expect(await script.ended()).toBe(1);
  expect(script.printed()).toContain('Port "70000" of the relay (--port, ROCKPOOL_PORT)');
});

const start = (...args: readonly string[]): StartedScript => {
  const child = spawn(process.execPath, [program, "--data", folder, ...args]);
  const closed = once(child, "close");
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      printed += data.toString();
    });
  }
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(printed);
        if (match !== null) resolve(match);
      };
      child.stdout.on("data", look);
      child.once("exit", () => reject(new Error(`it ended, having printed: ${printed}`)));
      look();
    });
  const ended = async (): Promise<number | null> => {
    const [code] = (await closed) as [number | null];
    return code;
  };
  const script = { child, printed: () => printed, until, ended };
  running.push(script);
  return script;
};
