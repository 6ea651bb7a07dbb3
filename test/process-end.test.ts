/**
 * When a Node process with an open bucket ends by itself: not while a session with the relay is tried for, or
 * what was written would be gone with its memory whenever the relay is away for a moment.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openMemoryEngine, startRelay } from "@rockpool/relay";
import { openKv } from "rockpool";
import { afterEach, expect, test } from "vitest";

const file = fileURLToPath(new URL("process/one-write.ts", import.meta.url));

let child: ChildProcess | undefined;

const start = async (...relay: readonly string[]): Promise<ChildProcess> => {
  child = fork(file, relay, { execArgv: ["--no-warnings"] });
  await once(child, "message");
  return child;
};

afterEach(() => {
  child?.kill("SIGKILL");
});

/** A port that nobody listens on. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a server on a port has an address");
  return address.port;
};

test("a process ends with a bucket open that has no relay", async () => {
  const [code] = (await once(await start(), "exit")) as [number];
  expect(code).toBe(0);
});

test("a process goes on while the relay is away, and brings it what was written", async () => {
  const port = await freePort();
  const writer = await start(`ws://127.0.0.1:${port}`);
  // Several attempts have failed by then.
  await pause(1500);
  expect(writer.exitCode).toBeNull();
  await using relay = await startRelay({ port, engine: await openMemoryEngine() });
  await using kv = await openKv("one write", { relay: relay.url });
  await expect.poll(async () => (await kv.get(["k"])).value, { timeout: 10_000 }).toBe("written");
});
