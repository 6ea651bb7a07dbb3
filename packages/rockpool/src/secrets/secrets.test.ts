/**
 * Secrets come back as they were given and as nothing else: sealed where they are stored, bound to
 * their keys, and refused when anything was changed.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KvU64, packKey } from "@rockpool/model";
import type { Kv } from "../kv.ts";
import { openKv } from "../open-kv.ts";
import { seal, unseal } from "./sealing.ts";

const makeKey = (): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

let kv: Kv;
let names = 0;
let name: string;

beforeEach(async () => {
  name = `secrets-${names++}`;
  kv = await openKv(name);
});

afterEach(async () => {
  await kv[Symbol.asyncDispose]();
});

describe("secrets of the device", () => {
  test.each([
    [{ token: "abc", scopes: ["a", null] }],
    ["text"],
    [null],
    [new Uint8Array([1, 2])],
    [new KvU64(7n)],
  ])("come back as they were given: %o", async (value) => {
    await kv.secrets.set(["s"], value);
    expect(await kv.secrets.get(["s"])).toEqual(value);
  });

  test("are none of the bucket's entries, are listed by their keys, and are deleted", async () => {
    await kv.secrets.set(["b", 2], "two");
    await kv.secrets.set(["a", 1], "one");
    expect(await kv.count({ prefix: [] })).toBe(0);
    expect(await kv.secrets.list()).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    await kv.secrets.delete(["a", 1]);
    expect(await kv.secrets.get(["a", 1])).toBeNull();
    expect(await kv.secrets.get(["never"])).toBeNull();
    await using again = await openKv(name);
    expect(await again.secrets.get(["b", 2])).toBe("two");
  });

  test("are refused when no codec is at hand, after close, and in a bucket that is only read", async () => {
    await expect(kv.secrets.set(["s"], new Map())).rejects.toThrow(TypeError);
    await using reader = await openKv(name, { readonly: true });
    await expect(reader.secrets.set(["s"], 1)).rejects.toMatchObject({ code: "readonly" });
    await expect(reader.secrets.delete(["s"])).rejects.toMatchObject({ code: "readonly" });
    expect(await reader.secrets.get(["s"])).toBeNull();
    await kv[Symbol.asyncDispose]();
    await expect(kv.secrets.get(["s"])).rejects.toMatchObject({ code: "closed" });
  });
});

describe("secrets that are synced", () => {
  test("stand in the bucket as sealed bytes below the reserved prefix, and open with the app's key alone", async () => {
    const key = await makeKey();
    await using sealing = await openKv(name, { secrets: { key, sync: true } });
    await sealing.secrets.set(["api", "token"], "hush");
    const { value } = await kv.get(["rockpool:secrets", "api", "token"]);
    expect(value).toBeInstanceOf(Uint8Array);
    expect(new TextDecoder().decode(value as Uint8Array)).not.toContain("hush");
    expect(await sealing.secrets.get(["api", "token"])).toBe("hush");
    expect(await sealing.secrets.list()).toEqual([["api", "token"]]);
    expect(await kv.secrets.get(["api", "token"])).toBeNull();
    await using other = await openKv(name, { secrets: { key: await makeKey(), sync: true } });
    await expect(other.secrets.get(["api", "token"])).rejects.toMatchObject({ code: "sealed" });
    await sealing.secrets.delete(["api", "token"]);
    expect(await kv.count({ prefix: [] })).toBe(0);
  });

  test("do not open under another key of the bucket, nor changed, nor when they are no bytes", async () => {
    await using sealing = await openKv(name, { secrets: { key: await makeKey(), sync: true } });
    await sealing.secrets.set(["a"], "hush");
    const { value } = await kv.get<Uint8Array>(["rockpool:secrets", "a"]);
    const sealed = value as Uint8Array;
    await kv.set(["rockpool:secrets", "b"], sealed);
    await expect(sealing.secrets.get(["b"])).rejects.toMatchObject({ code: "sealed" });
    for (const at of [1, 20, sealed.length - 1]) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await kv.set(["rockpool:secrets", "a"], changed);
      await expect(sealing.secrets.get(["a"])).rejects.toMatchObject({ code: "sealed" });
    }
    await kv.set(["rockpool:secrets", "a"], "text");
    await expect(sealing.secrets.get(["a"])).rejects.toMatchObject({ code: "sealed" });
  });

  test("need a key for AES-GCM that may encrypt and decrypt", async () => {
    const weak = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    await expect(openKv(name, { secrets: { key: weak, sync: true } })).rejects.toThrow(TypeError);
    await expect(openKv(name, { secrets: {} as never })).rejects.toThrow("secrets.key must be a CryptoKey");
  });
});

test("what was sealed by a later form is newer-format, and cut-off bytes are sealed", async () => {
  const key = await makeKey();
  const at = packKey(["s"]);
  const sealed = await seal(key, at, "hush");
  expect(await unseal(key, at, sealed)).toBe("hush");
  const later = sealed.slice();
  later[0] = 2;
  await expect(unseal(key, at, later)).rejects.toMatchObject({ code: "newer-format" });
  await expect(unseal(key, at, sealed.slice(0, 5))).rejects.toMatchObject({ code: "sealed" });
});
