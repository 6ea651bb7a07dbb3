/**
 * The relay as people run it, killed in the middle of pushes again and again, with real sockets and
 * real hosts on logs in memory: what it acknowledged is there, and nothing is there twice.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Host, type HostAnswer, platformEnvironment } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { type Mutation, packKey, type Versionstamp } from "@rockpool/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RelayProcess } from "./browser/relay-process.ts";
import { seededRandom } from "./fake-environment.ts";

const rounds = 5;
const seed = Number(process.env["SYNC_SEED"] ?? 1);
const count = packKey(["count"]);
const entryOf = (device: string, n: number) => packKey(["entry", device, n]);

/** Bursts of five commits a device makes in one round, at most. */
const burstsMax = 60;

/** What a host does when the network is back; without it, it waits longer after each failure. */
const wakers = new Set<() => void>();

let folder: string;
let relay: RelayProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-sync-crash-"));
  relay = new RelayProcess(() => join(folder, "relay.sqlite"));
  await relay.start();
});

afterAll(async () => {
  await relay.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** A host on a log of its own; two of them are two devices. */
class Device implements AsyncDisposable {
  readonly name: string;
  readonly versionstamps: Versionstamp[] = [];
  readonly #host: Host;
  #written = 0;

  constructor(name: string, host: Host) {
    this.name = name;
    this.#host = host;
  }

  static async open(name: string): Promise<Device> {
    const log = await openMemoryLog(new MemoryStorage());
    const database = `sync-crash ${process.pid} ${name}`;
    const options = { bucket: "b", database, relay: relay.url, durability: "relaxed" } as const;
    const environment = {
      ...platformEnvironment(),
      onWake: (callback: () => void) => {
        wakers.add(callback);
        return () => wakers.delete(callback);
      },
    };
    return new Device(name, await Host.open(log, environment, options, () => {}));
  }

  /** Adds one to the count, beside an entry of its own. */
  async write(): Promise<void> {
    const n = ++this.#written;
    const mutations: readonly Mutation[] = [
      { type: "sum", key: count, operand: 1n },
      { type: "set", key: entryOf(this.name, n), value: { encoding: "json", data: String(n) } },
    ];
    const answer = await this.#ask({ type: "commit", checks: [], mutations: mutations as never });
    if (answer.type !== "committed" || answer.versionstamp === null) throw new Error(JSON.stringify(answer));
    this.versionstamps.push(answer.versionstamp);
  }

  flush(): Promise<undefined> {
    return this.#host.call("flush", {});
  }

  /** The revisions at which its commits were confirmed, in the order they were made. */
  async revisions(): Promise<readonly number[]> {
    const answers = await Promise.all(
      this.versionstamps.map((versionstamp) => this.#host.call("settled", { versionstamp })),
    );
    return answers.map((answer) => (answer.type === "confirmed" ? answer.revision : 0));
  }

  async read(keys: readonly ReturnType<typeof packKey>[]): Promise<readonly unknown[]> {
    const answer = await this.#ask({ type: "read", keys, strong: true });
    return answer.type === "entries" ? answer.entries.map(({ value }) => value?.data) : [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#host.close();
  }

  async #ask(request: Parameters<Host["batch"]>[0][number]): Promise<HostAnswer> {
    const [answer] = await this.#host.batch([request]);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }
}

test(`what a relay acknowledged outlives it, and nothing is done twice (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  await using one = await Device.open("one");
  await using two = await Device.open("two");
  const devices = [one, two];
  await Promise.all(devices.map((device) => device.flush()));
  const write = async (device: Device, killed: AbortSignal): Promise<void> => {
    // Bounded, so that a fast machine writes no more than a device remembers.
    for (let burst = 0; burst < burstsMax && !killed.aborted; burst++) {
      await Promise.all(Array.from({ length: 5 }, () => device.write()));
      await delay(random() * 4);
    }
  };
  for (let round = 1; round <= rounds; round++) {
    const killing = new AbortController();
    const writing = devices.map((device) => write(device, killing.signal));
    await delay(60 + random() * 120);
    await relay.end("SIGKILL");
    killing.abort();
    await Promise.all(writing);
    await relay.start();
    for (const wake of wakers) wake();
    // Half of the rounds kill it again while the devices catch up.
    if (random() < 0.5) await Promise.all(devices.map((device) => device.flush()));
  }
  await Promise.all(devices.map((device) => device.flush()));
  const revisions = (await Promise.all(devices.map((device) => device.revisions()))).flat();
  const total = one.versionstamps.length + two.versionstamps.length;
  expect(total).toBeGreaterThan(100);
  expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  await using later = await Device.open("later");
  await later.flush();
  for (const device of [...devices, later]) {
    await device.flush();
    expect(await device.read([count])).toEqual([BigInt(total)]);
    for (const { name, versionstamps } of devices) {
      const numbers = versionstamps.map((_, index) => index + 1);
      expect(await device.read(numbers.map((n) => entryOf(name, n)))).toEqual(numbers.map(String));
    }
  }
}, 60_000);
