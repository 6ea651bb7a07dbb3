/**
 * Backups and restores through the public face: what was backed up is restored, entry by entry and
 * to the millisecond of its end; what fails changes nothing; dumps of each format version open.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it sets the globals that idb knows transactions and requests by
import "fake-indexeddb/auto";
import { readFile } from "node:fs/promises";
import { MemoryStorage } from "@rockpool/log";
import * as fc from "fast-check";
import type { Kv } from "rockpool";
import { describe, expect, test } from "vitest";
import { describeAbortedRestores } from "./backup/aborted-restore-suite.ts";
import { dumpOf, entryLines, streamOf } from "./backup/dump.ts";
import { contentsOf, contentsOfEntries, intercept, openBed, sweep } from "./backup/fill-bed.ts";
import { formatEntries, madeMs, readAll, writeFormatEntries } from "./backup/format-entries.ts";

const textOf = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();

const openKv = async (): Promise<Kv> => (await openBed(1)).device.mustGetTab(0).kv;

/** The line of each key that a backup leaves in force, by the key's own text. */
const entriesOf = (text: string): ReadonlyMap<string, string> => {
  const lineByKey = new Map<string, string>();
  for (const line of linesOf(text).slice(1, -1)) {
    const { key, deleted } = JSON.parse(line) as { readonly key: unknown; readonly deleted?: true };
    if (deleted === true) lineByKey.delete(JSON.stringify(key));
    else lineByKey.set(JSON.stringify(key), line);
  }
  return lineByKey;
};

const sorted = (entries: ReadonlyMap<string, string>): readonly string[] => [...entries.values()].toSorted();

const fixture = (): Promise<string> => readFile(new URL("backup/version-1.ndjson", import.meta.url), "utf8");
const linesOf = (text: string): readonly string[] => text.trimEnd().split("\n");

/** Where the log stands is not the format's. */
const withoutPlace = (line = ""): string => line.replace(/"versionstamp":"\w{20}"/, "");

describe("a dump of format version 1", () => {
  test("opens: every kind of key, value and end is restored", async () => {
    const { device } = await openBed(1);
    const { kv } = device.mustGetTab(0);
    expect(await kv.restore(new Blob([await fixture()]))).toEqual({ entries: formatEntries.length });
    expect(await readAll(kv)).toEqual(formatEntries.map(({ key, value }) => ({ key, value })));
    expect(device.nowMs).toBe(madeMs);
    await device.advance(59_999);
    expect((await kv.get(["session"])).value).toEqual({ user: "ada" });
    await device.advance(1);
    expect((await kv.get(["session"])).value).toBe(null);
  });

  test("is what is still written: a changed format needs a new version", async () => {
    // If this fails, raise backupVersion, keep this dump and its test, and add one of the new version.
    const kv = await openKv();
    await writeFormatEntries(kv);
    const [written, kept] = [linesOf(await textOf(kv.backup())), linesOf(await fixture())];
    expect(written.slice(0, -1)).toEqual(kept.slice(0, -1));
    expect(withoutPlace(written.at(-1))).toBe(withoutPlace(kept.at(-1)));
  });
});

describe("a restore", () => {
  test("takes a Blob, a stream, and the body of a response", async () => {
    const text = dumpOf(entryLines("a", 3));
    for (const source of [new Blob([text]), streamOf(text, 7), new Response(text).body]) {
      const kv = await openKv();
      await kv.set(["old"], 1);
      expect(await kv.restore(source as ReadableStream<Uint8Array>)).toEqual({ entries: 3 });
      expect(await contentsOf(kv)).toEqual(contentsOfEntries("a", 3));
    }
  });

  test("is told to the watches and feeds of every tab", async () => {
    const { device } = await openBed(2);
    const [{ kv }, other] = [device.mustGetTab(0), device.mustGetTab(1)];
    await kv.set(["old"], 1);
    const watch = other.kv.watch([["old"], ["a", 2]]).getReader();
    const values = async () => (await watch.read()).value?.map(({ value }) => value);
    expect(await values()).toEqual([1, null]);
    const changes = other.kv.changes({ prefix: [] }).getReader();
    const types = [await changes.read(), await changes.read()].map(({ value }) => value?.type);
    expect(types).toEqual(["update", "ready"]);
    await kv.restore(streamOf(dumpOf(entryLines("a", 3))));
    await other.kv.get(["old"]);
    expect(await values()).toEqual([null, "a"]);
    expect((await changes.read()).value?.type).toBe("reset");
    expect((await changes.read()).value).toMatchObject({ type: "update", entries: { length: 3 } });
  });

  test("of nothing empties the bucket", async () => {
    const kv = await openKv();
    await kv.set(["old"], 1);
    expect(await kv.restore(streamOf(dumpOf([])))).toEqual({ entries: 0 });
    expect(await contentsOf(kv)).toEqual([]);
    await kv.set(["new"], 1);
    expect(await contentsOf(kv)).toEqual(["new=1"]);
  });

  test("takes of two lines with one key the later, in any order of keys", async () => {
    const lines = [
      ...entryLines("b", 30),
      { key: ["b", 3], value: "corrected" },
      { key: ["a"], value: 1 },
      { key: ["b", 4], deleted: true },
      { key: ["b", 3.5], value: "new" },
    ];
    const kv = await openKv();
    expect(await kv.restore(streamOf(dumpOf(lines)))).toEqual({ entries: 31 });
    expect((await kv.get(["b", 3])).value).toBe("corrected");
    expect((await kv.get(["b", 4])).value).toBe(null);
    expect((await contentsOf(kv)).slice(0, 5)).toEqual([
      "a=1",
      'b/0="b"',
      'b/1="b"',
      'b/2="b"',
      'b/3="corrected"',
    ]);
  });

  test("begins anew where a backup did", async () => {
    const kv = await openKv();
    await kv.restore(streamOf(dumpOf([...entryLines("a", 60), { restart: true }, ...entryLines("b", 2)])));
    expect(await contentsOf(kv)).toEqual(contentsOfEntries("b", 2));
  });

  test("tells how far it has come", async () => {
    const text = dumpOf(entryLines("a", 50));
    const told: { readonly entries: number; readonly bytes: number }[] = [];
    const kv = await openKv();
    await kv.restore(streamOf(text, 500), { onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toEqual({ entries: 50, bytes: text.length });
    expect(told.length).toBe(Math.ceil(text.length / 500));
    const backedUp: typeof told = [];
    await textOf(kv.backup({ onProgress: (progress) => backedUp.push(progress) }));
    expect(backedUp.at(-1)).toMatchObject({ entries: 50 });
  });

  test.each([
    ["truncated", dumpOf(entryLines("a", 40)).slice(0, -60), "damaged"],
    ["damaged", dumpOf(entryLines("a", 40)).replace('"a",20', '"a",21'), "damaged"],
    ["miscounted", dumpOf(entryLines("a", 40), { lines: 41 }), "damaged"],
    ["foreign", '{"some":"json"}\n', "damaged"],
    ["empty", "", "damaged"],
    ["newer", dumpOf(entryLines("a", 40), {}, { version: 2 }), "newer-format"],
  ])("of a file that is %s is refused, changes nothing and leaves nothing", async (_what, text, code) => {
    const bed = await openBed(1);
    const tab = bed.device.mustGetTab(0);
    await tab.kv.set(["old"], 1);
    await expect(tab.kv.restore(streamOf(text, 300))).rejects.toMatchObject({ name: "KvError", code });
    expect(await contentsOf(tab.kv)).toEqual(["old=1"]);
    expect(bed.storage.image.pages.size).toBe(0);
    expect((await sweep(tab, bed.storage)).building).toBe(0);
  });

  test("of what is no stream of bytes is refused", async () => {
    const kv = await openKv();
    await expect(kv.restore("text" as unknown as Blob)).rejects.toThrow("Blob or a ReadableStream");
    const texts = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    await expect(kv.restore(texts)).rejects.toThrow("stream of Uint8Array");
  });

  test("that is aborted rejects with the reason, changes nothing and leaves nothing", async () => {
    const text = dumpOf(entryLines("a", 80));
    for (let after = 0; after <= Math.ceil(text.length / 600); after++) {
      const bed = await openBed(1);
      const { kv, host } = bed.device.mustGetTab(0);
      await kv.set(["old"], 1);
      const controller = new AbortController();
      const reason = new Error("enough");
      let parts = 0;
      if (after === 0) controller.abort(reason);
      const restoring = kv.restore(streamOf(text, 600), {
        signal: controller.signal,
        onProgress: () => {
          if (++parts === after) controller.abort(reason);
        },
      });
      await expect(restoring).rejects.toBe(reason);
      expect(await contentsOf(kv)).toEqual(["old=1"]);
      expect([bed.storage.image.pages.size, host.state.building.size]).toEqual([0, 0]);
    }
  });

  test("whose source fails rejects with that, and changes nothing", async () => {
    const kv = await openKv();
    await kv.set(["old"], 1);
    const failing = streamOf(dumpOf(entryLines("a", 80)), 600).pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          controller.enqueue(chunk);
          if (chunk.length < 600) throw new Error("the network is gone");
        },
      }),
    );
    await expect(kv.restore(failing)).rejects.toThrow("the network is gone");
    expect(await contentsOf(kv)).toEqual(["old=1"]);
  });

  test("that the bucket's closing ends leaves what was", async () => {
    const bed = await openBed(1);
    const { kv } = bed.device.mustGetTab(0);
    await kv.set(["old"], 1);
    let isClosed = false;
    const restoring = kv.restore(streamOf(dumpOf(entryLines("a", 400)), 100), {
      onProgress: ({ entries }) => {
        if (entries >= 100 && !isClosed) kv.close();
        isClosed ||= entries >= 100;
      },
    });
    await expect(restoring).rejects.toMatchObject({ code: "closed" });
    const after = await openBed(1, { storage: bed.storage });
    expect(await contentsOf(after.device.mustGetTab(0).kv)).toEqual(["old=1"]);
    const { left, inForce, building } = await sweep(after.device.mustGetTab(0), bed.storage);
    expect([left.filter((one) => one !== inForce), building]).toEqual([[], 0]);
  });
});

test("a backup that is cancelled or aborted ends, and the bucket goes on", async () => {
  const kv = await openKv();
  await kv.restore(streamOf(dumpOf(entryLines("a", 3000))));
  const reader = kv.backup().getReader();
  await reader.read();
  await reader.cancel();
  const controller = new AbortController();
  const stream = kv.backup({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(textOf(stream)).rejects.toThrow("enough");
  expect((await contentsOf(kv)).length).toBe(3000);
});

const write = fc.record({
  n: fc.nat(60),
  value: fc.option(
    fc.oneof(fc.jsonValue(), fc.uint8Array({ maxLength: 300 }), fc.date({ noInvalidDate: true })),
  ),
  expireIn: fc.option(fc.integer({ min: 1, max: 10_000 })),
});

test("what was backed up is restored: into another bucket and into itself, while both are written to", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { maxLength: 120 }),
      fc.array(write, { maxLength: 30 }),
      fc.boolean(),
      async (before, meanwhile, isItself) => {
        const bed = await openBed(2);
        const [tab, other] = [bed.device.mustGetTab(0), bed.device.mustGetTab(1)];
        const run = async (kv: Kv, writes: typeof before): Promise<void> => {
          for (const { n, value, expireIn } of writes) {
            if (value === null) await kv.delete(["k", n]);
            else await kv.set(["k", n], value, expireIn === null ? {} : { expireIn });
          }
        };
        await run(tab.kv, before);
        await tab.host.checkpoint();
        const [text] = await Promise.all([textOf(tab.kv.backup()), run(other.kv, meanwhile)]);
        const target = isItself ? other : (await openBed(1)).device.mustGetTab(0);
        const [result] = await Promise.all([
          target.kv.restore(streamOf(text, 333)),
          run(target.kv, before.slice(0, 5)),
        ]);
        expect(result.entries).toBe(entriesOf(text).size);
        const again = entriesOf(await textOf(target.kv.backup()));
        // What was written after the restore had ended is there as well.
        const late = new Set(before.slice(0, 5).map(({ n }) => JSON.stringify(["k", n])));
        const kept = (entries: ReadonlyMap<string, string>) =>
          new Map([...entries].filter(([key]) => !late.has(key)));
        expect(sorted(kept(again))).toEqual(sorted(kept(entriesOf(text))));
        await tab.kv[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

describe("a restore whose log fails", () => {
  const text = dumpOf([
    ...entryLines("new", 60),
    { key: ["new", 7], value: "new" },
    { key: ["new", 60], value: "new" },
  ]);
  const contents = contentsOfEntries("new", 61);
  const points = ["before", "commit", "after"] as const;

  test.each(points)(
    "at any of its calls (%s) leaves the old or the new, whole",
    async (when) => {
      let calls = 0;
      let outcomes = "";
      for (let failing = 0; failing <= calls; failing++) {
        const storage = new MemoryStorage();
        let armed = false;
        calls = 0;
        const bed = await openBed(1, {
          storage,
          wrap: (log) =>
            intercept(log, () => {
              if (!armed || calls++ !== failing) return;
              storage.failNextTransaction(new Error("planted"), when);
            }),
        });
        const { kv } = bed.device.mustGetTab(0);
        for (let n = 0; n < 20; n++) await kv.set(["old", n], "old");
        armed = true;
        const outcome = await kv.restore(streamOf(text, 1000)).then(
          () => "restored",
          (error: Error) => error.message,
        );
        armed = false;
        const after = (await openBed(1, { storage })).device.mustGetTab(0);
        const found = await contentsOf(after.kv);
        const isNew = found[0]?.startsWith("new") === true;
        expect(found).toEqual(isNew ? contents : contentsOfEntries("old", 20));
        // One that failed may have taken effect all the same; one that did not fail has.
        expect(isNew ? ["restored", "planted"] : ["planted"]).toContain(outcome);
        outcomes += isNew ? "n" : "o";
        // The tab that failed is alive: what it could not abandon waits for its end.
        await kv[Symbol.asyncDispose]();
        const { left, inForce, building } = await sweep(after, storage);
        expect([left.filter((one) => one !== inForce), building]).toEqual([[], 0]);
        expect(await contentsOf(after.kv)).toEqual(found);
      }
      expect(outcomes).toMatch(/^o{4,}n+$/);
    },
    60_000,
  );
});

let databases = 0;
describeAbortedRestores("fake-indexeddb", () => `restore-${(databases += 1)}`, 1);
