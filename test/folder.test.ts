/**
 * Buckets in a folder, as a program in Node has them: kept, shared within the process, listed, destroyed,
 * and all else that a bucket does.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openMemoryEngine, startRelay } from "@rockpool/relay";
import { destroyBucket, type Kv, KvU64, listBuckets, openKv, type OpenOptions } from "rockpool";
import { openKv as openKvOnMain } from "rockpool/main";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
let opened: Kv[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rockpool-folder-"));
  opened = [];
});
afterEach(async () => {
  for (const kv of opened) await kv[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const open = async (name = "b", options: OpenOptions = {}): Promise<Kv> => {
  const kv = await openKv(name, { folder, ...options });
  opened.push(kv);
  return kv;
};

const token = async (): Promise<string> => "any";

const close = async (kv: Kv): Promise<void> => kv[Symbol.asyncDispose]();

describe("a bucket in a folder", () => {
  test("keeps what was written, of every kind, from one opening to the next", async () => {
    const values = [
      null,
      "text",
      "\ud800",
      [1, { a: true }],
      7n,
      new KvU64(9n),
      new Date(0),
      new Map([[1, "one"]]),
    ];
    const bytes = Buffer.from("bytes of a pool");
    const kv = await open();
    for (const [index, value] of values.entries()) await kv.set(["value", index], value);
    await kv.set([new Uint8Array([0, 255]), "ü", -0, 10n ** 30n, false], bytes);
    const { versionstamp } = await kv.set(["last"], 1);
    await close(kv);
    const again = await open();
    for (const [index, value] of values.entries()) {
      expect((await again.get(["value", index])).value).toEqual(value);
    }
    const kept = await again.get<Uint8Array>([new Uint8Array([0, 255]), "ü", -0, 10n ** 30n, false]);
    expect(kept.value).toEqual(new Uint8Array(bytes));
    expect(kept.value?.buffer.byteLength).toBe(bytes.length);
    expect((await again.set(["later"], 1)).versionstamp > versionstamp).toBe(true);
  });

  test("keeps what is too large for a page, through checkpoints", async () => {
    const kv = await open();
    const large = new Uint8Array(60_000).map((_, index) => index % 251);
    const parts = Array.from({ length: 120 }, (_, index) => kv.set(["large", index], large));
    await Promise.all(parts);
    await kv.set(["text"], "x".repeat(1_000_000));
    await close(kv);
    const again = await open();
    expect(await again.count({ prefix: ["large"] })).toBe(120);
    expect((await again.get(["large", 119])).value).toEqual(large);
    expect((await again.get<string>(["text"])).value).toHaveLength(1_000_000);
  });

  test("is shared by all that open it in the process, by whichever path", async () => {
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    try {
      const kv = await open();
      const others = [
        await open("b", { folder: link }),
        await open("b", { folder: pathToFileURL(folder) }),
        await openKvOnMain("b", { folder }),
      ];
      opened.push(...others);
      for (const [index, other] of others.entries()) {
        const reader = other.watch([["k"]]).getReader();
        await reader.read();
        await kv.set(["k"], index);
        expect((await reader.read()).value?.[0].value).toBe(index);
        await reader.cancel();
      }
      await close(kv);
      await others[0]?.set(["k"], "later");
      expect((await others[1]?.get(["k"]))?.value).toBe("later");
    } finally {
      rmSync(link);
    }
  });

  test("is another in another folder, for another user, and in memory", async () => {
    const places: OpenOptions[] = [
      {},
      { folder: join(folder, "made", "here") },
      { user: "ada" },
      { user: "bob" },
    ];
    const kvs = [await openKv("b"), ...(await Promise.all(places.map((place) => open("b", place))))];
    opened.push(...kvs);
    for (const [index, kv] of kvs.entries()) await kv.set(["k"], index);
    expect(await Promise.all(kvs.map(async (kv) => (await kv.get(["k"])).value))).toEqual([0, 1, 2, 3, 4]);
    await kvs[0]?.destroy();
  });

  test("says what keeps it and how much it takes up", async () => {
    const kv = await open();
    await kv.set(["a"], "x".repeat(10_000));
    const status = await kv.status();
    expect(status).toMatchObject({
      engine: "sqlite",
      placement: "main",
      fallback: null,
      entries: 1,
      persisted: true,
      quota: null,
      error: null,
    });
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(status.usage).toBe(bytes);
    expect(bytes).toBeGreaterThan(10_000);
  });

  test("refuses every write of who opened it to read, and shows others'", async () => {
    const kv = await open();
    const reader = await open("b", { readonly: true });
    await kv.set(["a"], 1);
    await expect(reader.set(["a"], 2)).rejects.toMatchObject({ code: "readonly" });
    await expect(reader.destroy()).rejects.toMatchObject({ code: "readonly" });
    expect((await reader.get(["a"])).value).toBe(1);
  });

  test("keeps older versions, strict commits and its settings", async () => {
    const kv = await open("b", { history: 3, durability: "strict", expireIn: 60_000 });
    for (const value of [1, 2, 3, 4]) await kv.set(["a"], value);
    await close(kv);
    const again = await open();
    expect((await again.history(["a"])).map(({ value }) => value)).toEqual([2, 3, 4]);
    expect(await again.status()).toMatchObject({ history: 3, expireIn: 60_000 });
  });

  test("is backed up, and restored into another", async () => {
    const kv = await open();
    for (let n = 0; n < 500; n++) await kv.set(["n", n], { n });
    const file = await new Response(kv.backup()).blob();
    const other = await open("other");
    await other.set(["gone"], 1);
    expect(await other.restore(file)).toEqual({ entries: 500 });
    await close(other);
    const again = await open("other");
    expect(await again.count({ prefix: [] })).toBe(500);
    expect((await again.get(["gone"])).value).toBeNull();
  });

  test("keeps secrets, sealed, in a file that its owner alone may read", async () => {
    const kv = await open();
    await kv.secrets.set(["token"], { key: "abc" });
    await kv.secrets.set(["other"], 1);
    await kv.secrets.delete(["other"]);
    const both = await open();
    expect(await both.secrets.get(["token"])).toEqual({ key: "abc" });
    await close(kv);
    await close(both);
    const again = await open();
    expect(await again.secrets.get(["token"])).toEqual({ key: "abc" });
    expect(await again.secrets.list()).toEqual([["token"]]);
    expect(await again.count({ prefix: [] })).toBe(0);
    // Windows has no such rights to look at.
    const isWindows = process.platform === "win32";
    expect(isWindows || statSync(join(folder, "b.sqlite")).mode & 0o777).toBe(isWindows || 0o600);
  });

  test("syncs through a relay, what was pending when it was closed included", async () => {
    await using relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
    const kv = await open("b", { relay: relay.url, token });
    await kv.sync.pause();
    await kv.set(["offline"], 1);
    await close(kv);
    const again = await open("b", { relay: relay.url, token });
    expect(await again.status()).toMatchObject({ pending: 1 });
    await again.sync.resume();
    await again.sync.flush();
    const other = await open("b", { folder: join(folder, "device"), relay: relay.url });
    await expect.poll(async () => (await other.get(["offline"])).value).toBe(1);
    expect((await other.get(["offline"])).revision).toBe((await again.get(["offline"])).revision);
    expect(await again.sync.signOut()).toEqual({ ok: true });
    expect(await listBuckets({ folder })).toEqual([]);
  });
});

describe("the buckets of a folder", () => {
  test("are listed by name and user, open or not, whatever the names hold", async () => {
    const names = ["shop", "Shop", "ö/../ü", "a@b", "%41", "CON", "."];
    for (const name of names) await close(await open(name));
    await open("shop", { user: "auth0|Ada" });
    expect(await listBuckets({ folder })).toEqual(names.toSorted());
    expect(await listBuckets({ folder, user: "auth0|Ada" })).toEqual(["shop"]);
    expect(await listBuckets({ folder, user: "auth0|ada" })).toEqual([]);
    expect(await listBuckets({ folder: join(folder, "none") })).toEqual([]);
    const files = readdirSync(folder).filter((name) => name.endsWith(".sqlite"));
    expect(files).toHaveLength(names.length + 1);
    expect(files.filter((name) => !/^[a-z0-9_%@.-]+$/.test(name))).toEqual([]);
    expect(await listBuckets()).not.toContain("shop");
  });

  test("are destroyed under all that have them open, with their files, and begin anew", async () => {
    const mine = await open();
    const theirs = await open();
    await mine.set(["a"], 1);
    await mine.secrets.set(["s"], 1);
    await theirs.secrets.get(["s"]);
    const feed = theirs.watch([["a"]]).getReader();
    await feed.read();
    await mine.destroy();
    const destroyed = { name: "KvError", code: "destroyed" };
    await expect(feed.read()).rejects.toMatchObject(destroyed);
    await expect(theirs.get(["a"])).rejects.toMatchObject(destroyed);
    await expect(theirs.secrets.get(["s"])).rejects.toMatchObject(destroyed);
    expect(readdirSync(folder)).toEqual([]);
    const anew = await open();
    expect((await anew.get(["a"])).value).toBeNull();
    expect(await anew.secrets.get(["s"])).toBeNull();
    await anew.set(["a"], 2);
    expect((await anew.get(["a"])).value).toBe(2);
  });

  test("are destroyed by name, closed ones too; one that is not there is let be", async () => {
    await close(await open("shop", { user: "ada" }));
    await close(await open("shop"));
    await destroyBucket("shop", { folder, user: "ada" });
    expect(readdirSync(folder)).toEqual(["shop.sqlite"]);
    await destroyBucket("shop", { folder });
    await destroyBucket("shop", { folder });
    await destroyBucket("shop", { folder: join(folder, "none") });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a folder that cannot be", () => {
  test.each([
    ["no path", { folder: 1 as never }, "folder must be a path or a file: URL: received 1"],
    ["an empty path", { folder: "" }, "received an empty string"],
    ["an address as text", { folder: "file:///data" }, 'as text; pass new URL("file:///data")'],
    ["an address", { folder: new URL("https://example.org") }, "received https://example.org/"],
    ["a worker", { placement: "worker" }, "on the caller's own thread"],
    ["a name too long", { user: "Ä".repeat(100) }, "of 240 characters at most"],
  ] as const)("is refused: %s", async (_, options, message) => {
    await expect(openKv("b", { folder, ...options })).rejects.toThrow(TypeError);
    await expect(openKv("b", { folder, ...options })).rejects.toThrow(message);
  });

  test("is refused to a bucket in memory, and half a character in a name", async () => {
    await expect(openKv(":memory:", { folder })).rejects.toThrow(/leave the option folder out/);
    await expect(openKv("\ud800", { folder })).rejects.toThrow(/well-formed/);
  });

  test("is unavailable, and memory takes its place where the app says so", async () => {
    await close(await open());
    const inside = { folder: join(folder, "b.sqlite") };
    for (const call of [() => openKv("b", inside), () => listBuckets(inside)]) {
      await expect(call()).rejects.toMatchObject({ code: "unavailable" });
      await expect(call()).rejects.toThrow(/b\.sqlite cannot be made or read: it must be a folder/);
    }
    const kv = await open("b", { ...inside, fallback: "memory" });
    expect(await kv.status()).toMatchObject({ engine: "memory", fallback: { code: "unavailable" } });
  });

  test("is unavailable where this process has no right to write, with the file", async () => {
    await close(await open());
    rmSync(join(folder, "b.sqlite"));
    chmodSync(folder, 0o555);
    // Root may write everywhere.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.("nobody");
    try {
      const opening = openKv("b", { folder });
      await expect(opening).rejects.toMatchObject({ code: "unavailable" });
      await expect(opening).rejects.toThrow(`${join(folder, "b.sqlite")} cannot be opened or written`);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
  });
});
