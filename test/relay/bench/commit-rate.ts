/**
 * How many durable commits a second the relay acknowledges, as a share of what the floor does in the
 * same run: one client with 32 commits in flight, and 20 clients that each see all. Run by hand:
 * `node test/relay/bench/commit-rate.ts [seconds] [rounds]`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createStamp, packKey } from "@rockpool/model";
import { encodeUp, protocolVersion } from "@rockpool/protocol";
import { WebSocket } from "ws";

const seconds = Number(process.argv[2] ?? 2);
const rounds = Number(process.argv[3] ?? 3);
const keysPerClient = 500;
const value = JSON.stringify({ title: "x".repeat(160), done: false, at: 1_700_000_000_000 });

interface Measured {
  readonly perSecond: number;
  /** Processor time of the server for one commit. */
  readonly cpuMicros: number;
}

interface Side {
  readonly name: string;
  readonly program: string;
  readonly parameters: (file: string) => readonly string[];
  /** The first frame a client sends; none for the floor. */
  readonly greeting: (client: number) => string | undefined;
  /** A frame of writes number `from` to `to`. */
  readonly frame: (client: number, from: number, to: number) => string;
  /** How many writes of this client a frame acknowledges; -1 for the word to begin. What others wrote is not parsed. */
  readonly acknowledged: (frame: string) => number;
}

const rangeOf = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

const floor: Side = {
  name: "floor",
  program: fileURLToPath(new URL("floor-server.ts", import.meta.url)),
  parameters: (file) => [file],
  greeting: () => undefined,
  frame: (client, from, to) =>
    JSON.stringify(rangeOf(from, to).map((id) => ({ id, key: `${client}/${id % keysPerClient}`, value }))),
  acknowledged: (frame) =>
    frame.startsWith('{"to"') ? 0 : (JSON.parse(frame) as { acks: readonly number[] }).acks.length,
};

const hello = (client: number): string =>
  encodeUp([
    {
      type: "hello",
      protocol: { min: protocolVersion, max: protocolVersion },
      bucket: "bench",
      replica: `replica${client}`,
      epoch: null,
      cursor: 0,
      follow: [packKey([])],
      clockMs: Date.now(),
    },
  ]);

const relay: Side = {
  name: "relay",
  program: createRequire(import.meta.url).resolve("@rockpool/relay/cli"),
  parameters: (file) => ["--port", "0", "--data", file],
  greeting: hello,
  frame: (client, from, to) =>
    encodeUp([
      {
        type: "push",
        commits: rangeOf(from, to).map((n) => ({
          name: { host: `host${client}`, n: n + 1 },
          tag: "0123456789abcdef",
          stamp: createStamp(Date.now(), n % 65_536, `host${client}`),
          checks: [],
          mutations: [
            {
              type: "set",
              key: packKey([client, n % keysPerClient]),
              value: { encoding: "json", data: value },
            },
          ],
        })),
      },
    ]),
  acknowledged: (frame) => {
    if (frame.startsWith('[{"type":"welcome"')) return -1;
    if (!frame.startsWith('[{"type":"ruled"')) return 0;
    const patchStart = frame.indexOf(',{"type":"patch"');
    const text = patchStart === -1 ? frame : `${frame.slice(0, patchStart)}]`;
    return (JSON.parse(text) as [{ results: readonly unknown[] }])[0].results.length;
  },
};

/** Writes with `inFlight` unacknowledged until its socket is closed; tells how many were acknowledged. */
const startClient = async (
  side: Side,
  url: string,
  client: number,
  options: { inFlight: number; onAcknowledged: (count: number) => void },
): Promise<WebSocket> => {
  const socket = new WebSocket(url);
  await once(socket, "open");
  let sent = 0;
  const send = (count: number): void => {
    socket.send(side.frame(client, sent, sent + count));
    sent += count;
  };
  socket.on("message", (data: Buffer) => {
    const count = side.acknowledged(data.toString());
    if (count < 0) return send(options.inFlight);
    if (count === 0) return;
    options.onAcknowledged(count);
    send(count);
  });
  const greeting = side.greeting(client);
  if (greeting === undefined) send(options.inFlight);
  else socket.send(greeting);
  return socket;
};

const measure = async (side: Side, clients: number, inFlight: number): Promise<Measured> => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-bench-"));
  const server = spawn(process.execPath, [side.program, ...side.parameters(join(folder, "data.sqlite"))], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const url = /ws:\S+/.exec(line.toString())?.[0];
    if (url === undefined) throw new Error(`${side.name} did not start: ${line.toString()}`);
    let count = 0;
    const onAcknowledged = (more: number): void => {
      count += more;
    };
    const numbers = rangeOf(0, clients);
    const sockets = await Promise.all(
      numbers.map((client) => startClient(side, url, client, { inFlight, onAcknowledged })),
    );
    // The first second compiles, and brings every client to the head.
    await delay(1000);
    const [cpuBefore, countBefore, start] = [cpuSecondsOf(server.pid), count, performance.now()];
    await delay(seconds * 1000);
    const elapsedSeconds = (performance.now() - start) / 1000;
    const cpuSeconds = cpuSecondsOf(server.pid) - cpuBefore;
    const counted = count - countBefore;
    for (const socket of sockets) socket.terminate();
    return { perSecond: counted / elapsedSeconds, cpuMicros: (cpuSeconds / counted) * 1e6 };
  } finally {
    server.kill("SIGKILL");
    await once(server, "exit");
    await rm(folder, { recursive: true, force: true });
  }
};

/** What a process has used of the processors so far: on a busy machine it says more than the rate. Linux. */
const cpuSecondsOf = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

for (const { clients, inFlight } of [
  { clients: 1, inFlight: 32 },
  { clients: 20, inFlight: 8 },
]) {
  const measured: Record<string, Measured[]> = { floor: [], relay: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of [floor, relay]) measured[side.name]?.push(await measure(side, clients, inFlight));
  }
  const rateOf = (name: string): number => median((measured[name] ?? []).map(({ perSecond }) => perSecond));
  const cpuOf = (name: string): number => median((measured[name] ?? []).map(({ cpuMicros }) => cpuMicros));
  process.stdout.write(
    `${clients} clients, ${inFlight} in flight each: floor ${Math.round(rateOf("floor"))}/s, ` +
      `relay ${Math.round(rateOf("relay"))}/s, ratio ${(rateOf("relay") / rateOf("floor")).toFixed(2)}; ` +
      `server's processor time a commit: floor ${cpuOf("floor").toFixed(1)} µs, relay ${cpuOf("relay").toFixed(1)} µs, ` +
      `ratio ${(cpuOf("floor") / cpuOf("relay")).toFixed(2)}\n`,
  );
}
