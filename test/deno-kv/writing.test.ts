/**
 * Writing by key: what a value may be and how it comes back, how large it may be, how long it lives.
 */
import { KvU64 } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { anything, kvFixture, valueOf } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

describe("set and delete", () => {
  test("set gives the commit's versionstamp, and the empty key is refused", async ({ kv }) => {
    const result = await kv.set(["k"], 1);
    expect(result).toEqual({ ok: true, versionstamp: (await kv.get(["k"])).versionstamp });
    await expect(kv.set([], 1)).rejects.toThrow(TypeError);
    await expect(kv.set([], 1)).rejects.toThrow("key cannot be empty");
    await expect(kv.delete([])).rejects.toThrow("key cannot be empty");
  });

  test("delete gives undefined, and of a missing key it is a commit all the same", async ({ kv }) => {
    const before = await kv.atomic().commit();
    expect(await kv.delete(["no"])).toBeUndefined();
    const after = await kv.atomic().commit();
    const positionOf = (result: typeof before): number =>
      Number.parseInt(result.ok ? result.versionstamp.slice(0, 16) : "", 16);
    expect(positionOf(after) - positionOf(before)).toBe(2);
  });

  test("bytes come back as a Uint8Array with a buffer of exactly their size", async ({ kv }) => {
    const bytes = Uint8Array.of(9, 1, 2, 9).subarray(1, 3);
    await kv.set(["bytes"], bytes);
    const value = (await kv.get<Uint8Array>(["bytes"])).value as Uint8Array;
    expect(value).toEqual(Uint8Array.of(1, 2));
    expect(value.constructor).toBe(Uint8Array);
    expect(value.buffer.byteLength).toBe(2);
  });

  test("what structured clone holds comes back as it clones", async ({ kv }) => {
    const cycle: Record<string, unknown> = { name: "cycle" };
    cycle["self"] = cycle;
    const values: unknown[] = [
      undefined,
      null,
      true,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      -(2n ** 70n),
      "a\ud800b\u0000",
      [1, { a: [] }],
      new Date(0),
      /a+/giu,
      new Map([["a", new Set([1n])]]),
      new Uint16Array([1, 2]),
      new Uint8Array([1]).buffer,
      cycle,
    ];
    for (const value of values) {
      await kv.set(["k"], value);
      const read = await valueOf(kv, "k");
      expect(read).toEqual(value);
      expect(Object.is(read, value) || typeof value === "object").toBe(true);
    }
    await kv.set(["k"], new RangeError("m", { cause: new Error("c") }));
    const error = (await valueOf(kv, "k")) as Error;
    expect(error).toMatchObject({ name: "RangeError", message: "m" });
    // WebKit's structured clone makes text of a cause.
    expect(String(error.cause)).toBe("Error: c");
    expect(await valueOf(kv, "k")).toBeInstanceOf(RangeError);
  });

  test("a KvU64 at the top stays one; inside a value it and other instances lose their class", async ({
    kv,
  }) => {
    class Point {
      readonly x = 1;
    }
    await kv
      .atomic()
      .set(["u64"], new KvU64(7n))
      .set(["in"], { n: new KvU64(7n), p: new Point() })
      .commit();
    expect(await valueOf(kv, "u64")).toEqual(new KvU64(7n));
    const inner = (await valueOf(kv, "in")) as { n: object; p: object };
    expect(inner).toEqual({ n: { value: 7n }, p: { x: 1 } });
    expect([inner.n, inner.p].map((part) => Object.getPrototypeOf(part) as unknown)).toEqual([
      Object.prototype,
      Object.prototype,
    ]);
  });

  test("what cannot be cloned is refused by its path in the value, and the old value stays", async ({
    kv,
  }) => {
    await kv.set(["k"], "old");
    const faults: [unknown, RegExp][] = [
      [() => 1, /^value is a function /],
      [Symbol("s"), /^value is a symbol /],
      [new WeakMap(), /^value is a WeakMap /],
      [{ list: [1, { later: Promise.resolve() }] }, /^value\.list\[1\]\.later is a Promise /],
      [{ at: new Date(), proxy: new Proxy({}, {}) }, /^value\.proxy is an object that cannot be cloned/],
    ];
    for (const [value, message] of faults) {
      await expect(kv.set(["k"], value)).rejects.toThrow(TypeError);
      await expect(kv.set(["k"], value)).rejects.toThrow(message);
      expect(() => kv.atomic().set(["k"], value)).toThrow(message);
      expect(() => kv.atomic().mutate({ type: "set", key: ["k"], value })).toThrow(message);
    }
    expect(await valueOf(kv, "k")).toBe("old");
  });

  test("shared memory and compiled WebAssembly are refused", async ({ kv }) => {
    const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    await expect(kv.set(["k"], { code: empty })).rejects.toThrow(/^value\.code is a WebAssembly\.Module /);
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    await expect(kv.set(["k"], buffer)).rejects.toThrow(/^value is a SharedArrayBuffer /);
  });

  test("Blob, File, CryptoKey and DOMException are refused, which Deno stores", async ({ kv }) => {
    const { subtle } = crypto;
    const key = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    for (const [name, held] of [
      ["Blob", new Blob(["a"])],
      ["File", new File(["a"], "a")],
      ["CryptoKey", key],
      ["DOMException", new DOMException("m")],
    ] as const) {
      await expect(kv.set(["k"], { held })).rejects.toThrow(`value.held is a ${name} and cannot be stored`);
    }
  });

  test("a value has up to 1 MiB where Deno takes 64 KiB", async ({ kv }) => {
    await kv.set(["bytes"], new Uint8Array(1024 * 1024));
    await kv.set(["text"], "x".repeat(1024 * 1024 - 2));
    for (const value of [
      new Uint8Array(1024 * 1024 + 1),
      "x".repeat(1024 * 1024 - 1),
      ["é".repeat(524_287)],
    ]) {
      await expect(kv.set(["text"], value)).rejects.toThrow(TypeError);
      await expect(kv.set(["text"], value)).rejects.toThrow(/^Value too large \(max 1048576 bytes\)/);
    }
    expect(await valueOf(kv, "text")).toHaveLength(1024 * 1024 - 2);
  });

  test("a value is what it was at the call", async ({ kv }) => {
    const value = { at: new Date(0), list: [1] };
    const set = kv.set(["k"], value);
    value.list.push(2);
    await set;
    expect(await valueOf(kv, "k")).toEqual({ at: new Date(0), list: [1] });
  });
});

describe("expireIn", () => {
  test("is a non-negative integer, or undefined for none", async ({ kv }) => {
    await kv.set(["k"], 1, { expireIn: anything(undefined) });
    await kv.set(["k"], 1, { expireIn: 60_000 });
    expect(await valueOf(kv, "k")).toBe(1);
    await kv.set(["k"], 1, { expireIn: 0 });
    expect(await valueOf(kv, "k")).toBeNull();
    for (const expireIn of [null, "5", true, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const message = `expireIn must be a non-negative integer: received ${String(expireIn)}`;
      await expect(kv.set(["k"], 1, { expireIn: anything(expireIn) })).rejects.toThrow(
        new TypeError(message),
      );
      expect(() => kv.atomic().set(["k"], 1, { expireIn: anything(expireIn) })).toThrow(message);
    }
  });

  test("that no date can hold is refused at the commit", async ({ kv }) => {
    const expireIn = 8.64e15;
    const message = /^Invalid mutation: expireIn is too large: 8640000000000000/;
    await expect(kv.set(["k"], 1, { expireIn })).rejects.toThrow(TypeError);
    await expect(kv.atomic().set(["k"], 1, { expireIn }).commit()).rejects.toThrow(message);
    expect((await kv.set(["k"], 1, { expireIn: 8e15 })).ok).toBe(true);
  });

  test("in mutate, is ignored when it is no number", async ({ kv }) => {
    const mutation = { type: "set", key: ["k"], value: 1 } as const;
    await kv
      .atomic()
      .mutate({ ...mutation, expireIn: anything("0") })
      .commit();
    expect(await valueOf(kv, "k")).toBe(1);
    expect(() => kv.atomic().mutate({ ...mutation, expireIn: 1.5 })).toThrow("received 1.5");
    await kv
      .atomic()
      .mutate({ ...mutation, expireIn: 0 })
      .commit();
    expect(await valueOf(kv, "k")).toBeNull();
  });
});
