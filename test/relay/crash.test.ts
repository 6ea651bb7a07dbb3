/**
 * The relay as a process that is killed in the middle of its work: on the same file it goes on, and
 * nothing that was acknowledged is lost, nothing counts twice.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  createStamp,
  packKey,
  type Commit,
  type CommitResult,
  type Patch,
  type Revision,
} from "@rockpool/model";
import { decodeDown, encodeUp, protocolVersion, type DownMessage, type UpMessage } from "@rockpool/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";

const program = createRequire(import.meta.url).resolve("@rockpool/relay/cli");
const total = packKey(["total"]);
const host = "crashhost";

let folder = "";
let relay: RunningRelay | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-"));
});
afterEach(async () => {
  await relay?.end("SIGKILL");
  await rm(folder, { recursive: true });
});

interface RunningRelay {
  readonly url: string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const startProgram = async (): Promise<RunningRelay> => {
  const child: ChildProcess = spawn(
    process.execPath,
    [program, "--port", "0", "--data", join(folder, "relay.sqlite")],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const exited = once(child, "exit");
  const [line] = (await Promise.race([once(child.stdout ?? child, "data"), exited])) as unknown[];
  const url = /ws:\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`the relay did not start: ${String(line)}`);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  };
  return { url, end };
};

interface Writer {
  readonly messages: DownMessage[];
  readonly epoch: string;
  readonly head: Revision;
  send(...messages: readonly UpMessage[]): void;
  until(condition: () => boolean): Promise<void>;
  close(): void;
}

const connect = async (url: string, epoch: string | null, cursor: number): Promise<Writer> => {
  const socket = new WebSocket(url);
  const messages: DownMessage[] = [];
  socket.on("message", (data: Buffer) => messages.push(...decodeDown(data.toString())));
  socket.on("error", () => undefined);
  await once(socket, "open");
  const send = (...up: readonly UpMessage[]): void => socket.send(encodeUp(up), () => undefined);
  const until = async (condition: () => boolean): Promise<void> => {
    for (const end = Date.now() + 10_000; !condition(); await delay(5)) {
      if (Date.now() > end) throw new Error(`nothing came; last was ${JSON.stringify(messages.slice(-2))}`);
    }
  };
  const protocol = { min: protocolVersion, max: protocolVersion };
  send({
    type: "hello",
    protocol,
    bucket: "b",
    replica: "r",
    epoch,
    cursor,
    follow: [packKey([])],
    clockMs: Date.now(),
  });
  await until(() => messages[0]?.type === "welcome");
  const [welcome] = messages;
  if (welcome?.type !== "welcome" || !welcome.valid) {
    throw new Error(`no welcome: ${JSON.stringify(welcome)}`);
  }
  return { messages, epoch: welcome.epoch, head: welcome.head, send, until, close: () => socket.terminate() };
};

const commitOf = (n: number): Commit => ({
  name: { host, n },
  tag: `tag${n}`,
  stamp: createStamp(Date.now(), 0, host),
  checks: [],
  mutations: [{ type: "sum", key: total, operand: BigInt(n) }],
});

const rulingsIn = (messages: readonly DownMessage[]): readonly CommitResult[] =>
  messages.flatMap((message) => (message.type === "ruled" ? message.results : []));
const patchesIn = (messages: readonly DownMessage[]): readonly Patch[] =>
  messages.flatMap((message) => (message.type === "patch" ? [message.patch] : []));

test(
  "killed in mid-push, again and again, it loses nothing acknowledged and counts nothing twice",
  { timeout: 60_000 },
  async () => {
    const acknowledged = new Map<number, CommitResult>();
    const commits = Array.from({ length: 3000 }, (_, index) => commitOf(index + 1));
    let kills = 0;
    let doubled = 0;
    let epoch: string | null = null;
    let cursor = 0;
    while (acknowledged.size < commits.length) {
      relay = await startProgram();
      const writer = await connect(relay.url, epoch, cursor);
      epoch = writer.epoch;
      // A few that were acknowledged, then everything that was not: some of it was ruled, most is new.
      const isDone = ({ name }: Commit): boolean => acknowledged.has(name.n);
      const pushed = [
        ...commits.filter(isDone).slice(-5),
        ...commits.filter((commit) => !isDone(commit)).slice(0, 900),
      ];
      for (let start = 0; start < pushed.length; start += 30) {
        writer.send({ type: "push", commits: pushed.slice(start, start + 30) });
      }
      await writer.until(
        () => rulingsIn(writer.messages).length >= Math.min(pushed.length, 200 + 150 * kills),
      );
      await relay.end("SIGKILL");
      await delay(10);
      kills++;
      for (const result of rulingsIn(writer.messages)) {
        expect(result.ruling).toEqual({ type: "accepted", superseded: [] });
        acknowledged.set(result.name.n, result);
      }
      for (const patch of patchesIn(writer.messages)) {
        expect(patch.from).toBe(cursor);
        cursor = patch.to;
      }
      doubled += rulingsIn(writer.messages).filter(({ revision }) => revision <= writer.head).length;
      writer.close();
    }
    expect(kills).toBeGreaterThan(3);
    expect(doubled).toBeGreaterThan(10);

    relay = await startProgram();
    const reader = await connect(relay.url, null, 0);
    await reader.until(() => patchesIn(reader.messages).at(-1)?.upToDate === true);
    const patches = patchesIn(reader.messages);
    const kept = patches.flatMap(({ results }) => results);
    expect(kept.map(({ revision }) => revision)).toEqual(commits.map((_, index) => index + 1));
    expect(kept).toEqual([...acknowledged.values()].toSorted((a, b) => a.revision - b.revision));
    const sum = commits.reduce((all, { name }) => all + BigInt(name.n), 0n);
    expect(patches.flatMap(({ entries }) => entries)).toMatchObject([
      { key: total, value: { encoding: "u64", data: sum } },
    ]);
    reader.close();
  },
);

test("told to end, it rules on what was pushed and ends without a fault", async () => {
  relay = await startProgram();
  const writer = await connect(relay.url, null, 0);
  writer.send({ type: "push", commits: [commitOf(1)] });
  await writer.until(() => rulingsIn(writer.messages).length === 1);
  expect(await relay.end("SIGTERM")).toBe(0);
  expect(writer.messages.at(-1)).toMatchObject({ type: "error", code: "closing" });

  relay = await startProgram();
  const again = await connect(relay.url, writer.epoch, 1);
  again.send({ type: "push", commits: [commitOf(1)] });
  await again.until(() => rulingsIn(again.messages).length === 1);
  expect(rulingsIn(again.messages)).toMatchObject([{ revision: 1, ruling: { type: "accepted" } }]);
  again.close();
});
