/**
 * How the backend is put in place (2.4): by the global that the SDK reads at each call, over a bucket that is
 * open, to be opened, or named; with secrets apart; and how it goes again.
 */
import { createRequire } from "node:module";
import { kvs } from "@forge/kvs";
import {
  createForgeKvs,
  type ForgeFetch,
  type ForgeKvsOptions,
  installForgeKvs,
  type SecretPlace,
} from "@rockpool/forge-kvs";
import { type Kv, openKv } from "rockpool";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { places } from "../places.ts";
import { entities, refusal } from "./forge-bed.ts";

const hook = "__forge_fetch__";
const platform = globalThis as { [hook]?: ForgeFetch };
const installed = (): ForgeFetch | undefined => platform[hook];
/** Until the test is over. */
const install = (options: ForgeKvsOptions): void => {
  const backend = installForgeKvs(options);
  onTestFinished(() => backend.close());
};
const newName = (): string => `forge-install-${crypto.randomUUID()}`;

describe.each(places)("$name", (place) => {
  beforeAll(() => place.start());
  afterAll(() => place.stop());

  test("2.4 install: over a name, a Kv, a promise of one or a function, opened at the first call", async () => {
    const name = newName();
    const options = place.options(name);
    let opened = 0;
    const open = (): Promise<Kv> => {
      opened++;
      return openKv(name, options);
    };
    await using kv = await openKv(name, options);
    const ways: readonly ForgeKvsOptions[] = [
      { name, options },
      { kv },
      { kv: Promise.resolve(kv) },
      { kv: () => kv },
    ];
    for (const [at, way] of ways.entries()) {
      install(way);
      await kvs.set(`k${at}`, at);
      expect((await kv.get<{ value: number }>(["forge-kvs", "kv", `k${at}`])).value?.value).toBe(at);
    }
    install({ kv: open });
    expect(opened).toBe(0);
    await Promise.all([kvs.get("k0"), kvs.get("k1")]);
    expect(opened).toBe(1);
  });

  test("2.4 install: a Kv passed in stays open, one opened by name is closed", async () => {
    await using kv = await openKv(newName(), place.options("unused"));
    const over = createForgeKvs({ kv });
    await over.handle("/api/v1/set", { body: `{"key":"k","value":1}` });
    await over.close();
    expect(await kv.count({ prefix: ["forge-kvs"] })).toBe(1);
    const answer = await over.handle("/api/v1/get", { body: `{"key":"k"}` });
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: "CLOSED" }]);
    const name = newName();
    const byName = createForgeKvs({ name, options: place.options(name) });
    await byName.handle("/api/v1/set", { body: `{"key":"k","value":1}` });
    await byName.close();
    await byName.close();
  });

  test("2.4 install: a bucket that did not open is tried again by the next request", async () => {
    const name = newName();
    let attempts = 0;
    const backend = createForgeKvs({
      kv: () => {
        attempts++;
        return attempts === 1 ? Promise.reject(new Error("no disk")) : openKv(name, place.options(name));
      },
    });
    await expect(backend.handle("/api/v1/query")).rejects.toThrow("no disk");
    expect((await backend.handle("/api/v1/query")).status).toBe(200);
  });

  test("2.4 install: closed, it leaves what stood there before, to which other targets went meanwhile", async () => {
    const asked: string[] = [];
    const before: ForgeFetch = (target, path) => {
      asked.push(`${target.type} ${path}`);
      return Promise.resolve(new Response("theirs"));
    };
    platform[hook] = before;
    const name = newName();
    const ours = installForgeKvs({ name, options: place.options(name) });
    await kvs.set("k", 1);
    const theirs = await installed()?.({ type: "app" }, "/rest/api/3/myself");
    expect([asked, await theirs?.text()]).toEqual([["app /rest/api/3/myself"], "theirs"]);
    await ours.close();
    expect(installed()).toBe(before);
    delete platform[hook];
    const alone = installForgeKvs({ name, options: place.options(name) });
    await expect(installed()?.({ type: "app" }, "/x")).rejects.toThrow("app /x goes nowhere");
    await alone.close();
    expect(installed()).toBeUndefined();
  });

  test("2.4 secrets: on this device alone by default, in another place where one is given", async () => {
    const name = newName();
    await using kv = await openKv(name, place.options(name));
    await using other = await place.openOther(name);
    install({ kv });
    await kvs.setSecret("token", "hush");
    await kvs.set("k", 1);
    await expect.poll(async () => (await other.get(["forge-kvs", "kv", "k"])).value).not.toBeNull();
    expect(await other.count({ prefix: ["rockpool:secrets"] })).toBe(0);
    expect(await kv.secrets.list()).toEqual([["forge-kvs", "token"]]);
    const kept = new Map<string, unknown>();
    const secrets: SecretPlace = {
      get: async <T>(key: unknown) => (kept.get(JSON.stringify(key)) as T | undefined) ?? null,
      set: async (key, value) => void kept.set(JSON.stringify(key), value),
      delete: async (key) => void kept.delete(JSON.stringify(key)),
    };
    install({ kv, secrets });
    expect(await kvs.getSecret("token")).toBeUndefined();
    await kvs.setSecret("token", "elsewhere");
    expect([...kept.keys()]).toEqual(['["forge-kvs","token"]']);
  });

  test("2.4 secrets: sealed in the bucket and synced with it, where it is opened so", async () => {
    const name = newName();
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    const secrets = { key, sync: true } as const;
    install({ name, options: { ...place.options(name), secrets } });
    await kvs.setSecret("token", "hush");
    await using other = await place.openOther(name, { secrets });
    await expect
      .poll(() => other.secrets.get<{ value: string }>(["forge-kvs", "token"]))
      .toMatchObject({ value: "hush" });
  });

  test("2.4 layout: other code reads records and index entries under their keys", async () => {
    const name = newName();
    await using kv = await openKv(name, place.options(name));
    install({ kv, entities });
    await kvs.set("plain", { a: 1 }, { ttl: { value: 1, unit: "DAYS" } });
    await kvs.entity("employee").set("one", { age: 30, gender: "female" });
    const number = expect.any(Number) as number;
    const found: unknown[] = [];
    for await (const { key, value } of kv.list({ prefix: ["forge-kvs"] })) found.push([key, value]);
    expect(found).toEqual([
      [
        ["forge-kvs", "entity", "employee", "one"],
        { value: { age: 30, gender: "female" }, createdAt: number, updatedAt: number },
      ],
      [["forge-kvs", "index", "employee", "by-age", "[]", 30, "one"], true],
      [["forge-kvs", "index", "employee", "by-age-per-gender", '["female"]', 30, "one"], true],
      [
        ["forge-kvs", "kv", "plain"],
        { value: { a: 1 }, createdAt: number, updatedAt: number, expireAt: number },
      ],
    ]);
  });

  test("2.4 @forge/api: the SDK names it for its types alone, and runs where it is not installed", () => {
    const require = createRequire(import.meta.resolve("@forge/kvs"));
    expect(() => require.resolve("@forge/api")).toThrow("Cannot find module");
  });

  test("2.4 confirm: what is neither is refused at once", () => {
    expect(() => createForgeKvs({ name: "b", confirm: "maybe" as "local" })).toThrow(
      'confirm must be "relay" or "local": received maybe',
    );
  });

  test("2.4 without entities every entity is undeclared", async () => {
    const name = newName();
    install({ name, options: place.options(name) });
    await expect(kvs.entity("employee").get("k")).rejects.toMatchObject(refusal(404, "SCHEMA_NOT_FOUND"));
  });
});

test("a bucket that fails to open before the first call is told of by that call", async () => {
  const failing = Promise.reject<Kv>(new Error("the bucket cannot be opened"));
  const backend = createForgeKvs({ kv: failing });
  // Long enough for it to count as a rejection that nobody handles, which vitest reports.
  await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(backend.handle("/api/v1/get", { body: `{ "key": "k" }` })).rejects.toThrow(
    "the bucket cannot be opened",
  );
});
