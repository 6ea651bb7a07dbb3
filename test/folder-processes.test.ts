/**
 * Buckets in a folder under processes: one at a time has a file, however the other ended; what was
 * acknowledged survives a kill; and processes with folders of their own meet through a relay.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openMemoryEngine, startRelay } from "@rockpool/relay";
import { destroyBucket, type Kv, openKv } from "rockpool";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ChildProgram } from "./folder/child-program.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const blocked = { name: "KvError", code: "blocked" };

describe("a bucket's file", () => {
  test("is one process's: another gets blocked, with the file and the remedy, until that one has ended", async () => {
    await using other = new ChildProgram("hold", folder);
    await other.untilLines(1);
    expect(other.lines).toEqual(["open"]);
    const opening = openKv("b", { folder });
    await expect(opening).rejects.toMatchObject(blocked);
    await expect(opening).rejects.toThrow(join(folder, "b.sqlite"));
    await expect(opening).rejects.toThrow("a folder of its own and let them sync through a relay");
    await expect(openKv("b", { folder, readonly: true, fallback: "memory" })).rejects.toMatchObject(blocked);
    await expect(destroyBucket("b", { folder })).rejects.toMatchObject(blocked);
    await using another = await openKv("another", { folder });
    await another.set(["a"], 1);
    await other.kill();
    await using kv = await openKv("b", { folder });
    expect((await kv.get(["a"])).value).toBeNull();
  });

  test("is had by one of several processes that open it at the same moment, time and again", async () => {
    const startMs = String(Date.now() + 1500);
    const programs = Array.from({ length: 3 }, () => new ChildProgram("race", folder, startMs));
    try {
      await Promise.all(programs.map((program) => program.untilLines(20)));
      for (let round = 0; round < 20; round++) {
        const outcomes = programs.map(({ lines }) => lines[round]);
        expect(outcomes.toSorted()).toEqual(["blocked", "blocked", "open"]);
      }
    } finally {
      await Promise.all(programs.map((program) => program.kill()));
    }
  });

  test("is one thread's: another of the same process gets blocked, and takes nothing from it", async () => {
    await using kv = await openKv("b", { folder });
    await kv.set(["a"], 1);
    await expect(openInThread(folder)).resolves.toBe("blocked");
    await using other = new ChildProgram("hold", folder);
    await other.untilLines(1);
    expect(other.lines).toEqual(["blocked"]);
    await kv.set(["a"], 2);
    expect((await kv.get(["a"])).value).toBe(2);
  });
});

/** What opening the bucket in a worker thread comes to. */
const openInThread = (folder: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const text = `
      import { parentPort, workerData } from "node:worker_threads";
      const { openKv } = await import(workerData.rockpool);
      const outcome = await openKv("b", { folder: workerData.folder }).then(() => "open", ({ code }) => code);
      parentPort.postMessage(outcome);`;
    const workerData = { folder, rockpool: import.meta.resolve("rockpool") };
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`), { workerData });
    worker.once("message", (outcome) => worker.terminate().then(() => resolve(outcome), reject));
    worker.once("error", reject);
  });

describe("a process", () => {
  test(
    "killed again and again loses no acknowledged commit, and shows no half one",
    { timeout: 60_000 },
    async () => {
      let acknowledged = 0;
      for (let kills = 0; kills < 12; kills++) {
        await using program = new ChildProgram("commit", folder);
        await program.untilLines(1 + Math.floor(Math.random() * 400));
        await program.kill();
        acknowledged = Number(program.lines.at(-1));
        await using kv = await openKv("b", { folder });
        const n = (await kv.get<number>(["n"])).value ?? 0;
        // One may have been written whose acknowledgement was cut off.
        expect([acknowledged, acknowledged + 1]).toContain(n);
        expect(await kv.get(["sum"])).toMatchObject({ value: { value: BigInt(n) } });
        await expectWholePairs(kv, n);
      }
      expect(acknowledged).toBeGreaterThan(1000);
    },
  );

  test("that exits without closing loses nothing that was acknowledged", async () => {
    await using program = new ChildProgram("exit", folder);
    expect(await program.end()).toEqual({ code: 0, complaints: "" });
    await using kv = await openKv("b", { folder });
    expect([20, 21]).toContain((await kv.get(["n"])).value);
  });

  test("ends by itself once its bucket is closed, with and without a relay", async () => {
    await using relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
    for (const given of [[folder], [join(folder, "relayed"), relay.url]]) {
      await using program = new ChildProgram("close", ...given);
      expect(await program.end()).toEqual({ code: 0, complaints: "" });
    }
    await using kv = await openKv("b", { folder });
    expect([(await kv.get(["n"])).value, await kv.secrets.get(["s"])]).toEqual([1, 1]);
  });
});

const expectWholePairs = async (kv: Kv, n: number): Promise<void> => {
  for (let pair = 0; pair < 40; pair++) {
    const [left, right] = await kv.getMany<string[]>([
      ["pair", pair, "left"],
      ["pair", pair, "right"],
    ]);
    expect(left?.value).toBe(right?.value);
    expect(left?.versionstamp).toBe(right?.versionstamp);
    if (left?.value == null) continue;
    const written = Number.parseInt(left.value, 10);
    expect([written % 40, n - written < 40]).toEqual([pair, true]);
  }
};

test(
  "two processes, each with a folder of its own, converge through a relay, also when both are killed",
  { timeout: 60_000 },
  async () => {
    await using relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
    const written = { a: 0, b: 0 };
    for (let round = 0; round < 3; round++) {
      await using a = new ChildProgram("sync", folderOf("a"), relay.url, "a");
      await using b = new ChildProgram("sync", folderOf("b"), relay.url, "b");
      await Promise.all([a.untilLines(60), b.untilLines(20)]);
      await a.kill();
      await b.untilLines(b.lines.length + 20);
      await b.kill();
      written.a = 1 + Number(a.lines.at(-1));
      written.b = 1 + Number(b.lines.at(-1));
    }
    await using a = await openKv("b", { folder: folderOf("a"), relay: relay.url });
    await using b = await openKv("b", { folder: folderOf("b"), relay: relay.url });
    await a.sync.flush();
    await b.sync.flush();
    await a.sync.flush();
    const [seenByA, seenByB] = [await entriesOf(a), await entriesOf(b)];
    expect(seenByA).toEqual(seenByB);
    for (const device of ["a", "b"] as const) {
      const values = seenByA.filter(([of]) => of === device).map(([, value]) => value);
      expect(values).toEqual(values.map((_, index) => index));
      // The last one may have been written without its acknowledgement.
      expect([written[device], written[device] + 1]).toContain(values.length);
    }
    expect([(await a.status()).pending, (await b.status()).pending]).toEqual([0, 0]);
  },
);

const folderOf = (device: string): string => join(folder, device);

const entriesOf = async (kv: Kv): Promise<readonly (readonly [unknown, unknown, unknown])[]> => {
  const entries: (readonly [unknown, unknown, unknown])[] = [];
  for await (const { key, value, revision } of kv.list({ prefix: [] })) {
    entries.push([key[0], value, revision]);
  }
  return entries;
};
