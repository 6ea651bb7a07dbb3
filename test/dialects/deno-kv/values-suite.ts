/**
 * Sections 1.3 to 1.5 of Deno KV's behaviour: reading by key, what values may be, and how long they live.
 */
import { KvU64 } from "@rockpool/deno-kv";
import { describe, expect, test } from "vitest";
import { anything, type Bed, drain, rejects, throwsAtOnce, valueOf } from "./bed.ts";

const badPart = "expected string, number, bigint, ArrayBufferView, boolean";

export const describeValues = (bed: Bed): void => {
  describe("1.3 get and getMany", () => {
    test("1.3 get: a missing entry has nulls, and the caller's own array as its key", async () => {
      const key = [bed.at(), "missing"];
      const entry = await bed.kv.get(key);
      expect(Object.entries(entry)).toEqual([
        ["key", key],
        ["value", null],
        ["versionstamp", null],
      ]);
      expect(entry.key).toBe(key);
      expect((await bed.kv.getMany([key]))[0].key).toBe(key);
    });

    test("1.3 get: an entry has key, value and versionstamp in this order, a fresh key, and is not frozen", async () => {
      const key = [bed.at()];
      const { versionstamp } = await bed.kv.set(key, { a: 1 });
      const entry = await bed.kv.get(key);
      expect(Object.entries(entry)).toEqual([
        ["key", key],
        ["value", { a: 1 }],
        ["versionstamp", versionstamp],
      ]);
      expect(entry.key).not.toBe(key);
      expect(Object.isFrozen(entry) || Object.isFrozen(entry.key)).toBe(false);
    });

    test("1.3 get: a stored null or undefined differs from none by its versionstamp alone", async () => {
      const at = bed.at();
      await bed.kv.atomic().set([at, "null"], null).set([at, "undefined"], undefined).commit();
      const [isNull, isUndefined] = await bed.kv.getMany([
        [at, "null"],
        [at, "undefined"],
      ]);
      expect([isNull.value, isUndefined.value]).toEqual([null, undefined]);
      expect([isNull.versionstamp, isUndefined.versionstamp]).not.toContain(null);
    });

    test("1.3 get: the empty key has no entry; no keys have none; no key is no range", async () => {
      expect(await bed.kv.get([])).toEqual({ key: [], value: null, versionstamp: null });
      expect(await bed.kv.getMany([])).toEqual([]);
      expect(await bed.kv.getMany([[]])).toEqual([{ key: [], value: null, versionstamp: null }]);
      await rejects(() => bed.kv.get(anything(undefined)), [TypeError, "Invalid range"]);
    });

    test("1.3 getMany: a key may be asked for twice, and all are read in one snapshot", async () => {
      const at = bed.at();
      const reads = [];
      for (let round = 1; round <= 20; round++) {
        void bed.kv.atomic().set([at, "a"], round).set([at, "b"], round).commit();
        reads.push(
          bed.kv.getMany([
            [at, "a"],
            [at, "b"],
            [at, "a"],
          ]),
        );
      }
      for (const [a, b, again] of await Promise.all(reads)) {
        expect(b.value).toBe(a.value);
        expect(again).toEqual(a);
      }
    });

    test("1.3 consistency: strong unless it is said to be eventual, and nothing else", async () => {
      const at = bed.at();
      await bed.kv.set([at], 1);
      for (const consistency of [undefined, null, "strong", "eventual"]) {
        const options = { consistency: anything(consistency) };
        expect((await bed.kv.get([at], options)).value).toBe(1);
        expect((await bed.kv.getMany([[at]], options))[0].value).toBe(1);
      }
      const refusal = [TypeError, "unknown variant `foo`, expected `strong` or `eventual`"] as const;
      const options = { consistency: anything("foo") };
      await rejects(() => bed.kv.get([at], options), refusal);
      await rejects(() => bed.kv.getMany([[at]], options), refusal);
      await rejects(() => bed.kv.list({ prefix: [] }, options).next(), refusal);
    });

    test("1.3 keys: what is no part of a key is refused by what may be", async () => {
      for (const part of [null, undefined, {}, new Date(), new ArrayBuffer(1), ["nested"], Symbol("s")]) {
        await rejects(() => bed.kv.get([anything(part)]), [TypeError, badPart]);
      }
    });

    test("1.3 keys: any view of a buffer is a part, and comes back as a Uint8Array; a lone surrogate as U+FFFD", async () => {
      const at = bed.at();
      const { buffer } = Uint8Array.of(1, 2, 3, 4);
      for (const view of [new DataView(buffer, 1, 2), new Uint16Array(buffer)]) {
        await bed.kv.set([at, anything(view)], 1);
        const { key } = await bed.kv.get([at, anything(view)]);
        expect(key[1]).toEqual(
          new Uint8Array(buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)),
        );
      }
      await bed.kv.set([at, "a\ud800b"], 1);
      expect(await bed.kv.get([at, "a\ufffdb"])).toMatchObject({ key: [at, "a\ufffdb"], value: 1 });
    });
  });

  describe("1.4 set and delete", () => {
    test("1.4 set: gives the versionstamp; the empty key is refused", async () => {
      const key = [bed.at()];
      const result = await bed.kv.set(key, 1);
      expect(result).toEqual({ ok: true, versionstamp: (await bed.kv.get(key)).versionstamp });
      await rejects(() => bed.kv.set([], 1), [TypeError, "key cannot be empty"]);
      await rejects(() => bed.kv.delete([]), [TypeError, "key cannot be empty"]);
    });

    test("1.4 delete: gives undefined; of a missing key it is a commit all the same", async () => {
      const before = await bed.kv.atomic().commit();
      expect(await bed.kv.delete([bed.at()])).toBeUndefined();
      const after = await bed.kv.atomic().commit();
      expect(before.ok && after.ok && before.versionstamp < after.versionstamp).toBe(true);
    });

    test("1.4 values: bytes come back as a Uint8Array with a buffer of exactly their size", async () => {
      const at = bed.at();
      await bed.kv.set([at], Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
      const value = (await valueOf(bed.kv, at)) as Uint8Array;
      expect(value).toEqual(Uint8Array.of(1, 2));
      expect([value.constructor, value.buffer.byteLength]).toEqual([Uint8Array, 2]);
    });

    test("1.4 values: what structured clone holds comes back as it clones", async () => {
      const at = bed.at();
      const cycle: Record<string, unknown> = { name: "cycle" };
      cycle["self"] = cycle;
      const values: unknown[] = [
        undefined,
        null,
        true,
        -0,
        Number.NaN,
        -(2n ** 70n),
        "a\ud800b\u0000",
        [1, { a: [] }],
        new Date(0),
        /a+/giu,
        new Map([["a", new Set([1n])]]),
        new Uint16Array([1, 2]),
        new Uint8Array([1]).buffer,
        new RangeError("m"),
        cycle,
      ];
      for (const value of values) {
        await bed.kv.set([at], value);
        const read = await valueOf(bed.kv, at);
        expect(read).toEqual(value);
        expect(Object.is(read, value) || typeof value === "object").toBe(true);
      }
    });

    test("1.4 values: a KvU64 inside a value and instances of classes become plain objects", async () => {
      class Point {
        readonly x = 1;
      }
      const at = bed.at();
      await bed.kv.set([at], { n: new KvU64(7n), p: new Point() });
      const inner = (await valueOf(bed.kv, at)) as { n: object; p: object };
      expect(inner).toEqual({ n: { value: 7n }, p: { x: 1 } });
      expect([inner.n.constructor, inner.p.constructor]).toEqual([Object, Object]);
    });

    test("1.4 values: what cannot be cloned is refused in V8's words, and the old value stays", async () => {
      const at = bed.at();
      await bed.kv.set([at], "old");
      const faults: readonly (readonly [unknown, RegExp])[] = [
        [() => 1, /^\(\) => 1 could not be cloned\.$/],
        [Symbol("x"), /^Symbol\(x\) could not be cloned\.$/],
        [new WeakMap(), /^#<WeakMap> could not be cloned\.$/],
        [{ later: Promise.resolve() }, /^#<Promise> could not be cloned\.$/],
        [new Proxy({}, {}), /^#<Object> could not be cloned\.$/],
      ];
      for (const [value, message] of faults) {
        await expect(bed.kv.set([at], value)).rejects.toThrow(message);
        expect(() => bed.kv.atomic().set([at], value)).toThrow(TypeError);
        expect(() => bed.kv.atomic().mutate({ type: "set", key: [at], value })).toThrow(message);
      }
      expect(await valueOf(bed.kv, at)).toBe("old");
    });

    test("1.4 values: shared memory is an Error, compiled WebAssembly a TypeError", async () => {
      const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      await rejects(
        () => bed.kv.set([bed.at()], buffer),
        [Error, "#<SharedArrayBuffer> could not be cloned."],
      );
      const code = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
      await rejects(() => bed.kv.set([bed.at()], { code }), [TypeError, "Wasm modules cannot be stored"]);
    });

    test("1.4 values: Blob, File, CryptoKey and DOMException are refused, which Deno stores", async () => {
      const { subtle } = crypto;
      const key = await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
      for (const held of [new Blob(["a"]), new File(["a"], "a"), key, new DOMException("m")]) {
        const set = bed.kv.set([bed.at()], { held });
        await expect(set).rejects.toThrow(TypeError);
        await expect(set).rejects.toThrow(/value\.held is a \w+ and cannot be stored/);
      }
    });

    test("1.4 values: have 65536 bytes as V8 writes them", async () => {
      const at = bed.at();
      const refusal = [TypeError, "Value too large (max 65536 bytes)"] as const;
      for (const value of [new Uint8Array(65_536), "x".repeat(65_530), "\u0100".repeat(32_765)]) {
        await bed.kv.set([at], value);
        expect(await valueOf(bed.kv, at)).toEqual(value);
      }
      for (const value of [
        new Uint8Array(65_537),
        "x".repeat(65_531),
        "\u0100".repeat(32_766),
        { a: "x".repeat(65_530) },
      ]) {
        await rejects(() => bed.kv.set([at], value), refusal);
        await rejects(() => bed.kv.atomic().set([at], value).commit(), refusal);
      }
    });

    test("1.4 values: are what they were at the call", async () => {
      const at = bed.at();
      const value = { list: [1] };
      const bytes = Uint8Array.of(1);
      const operation = bed.kv.atomic().set([at, "value"], value).set([at, "bytes"], bytes);
      const set = bed.kv.set([at, "set"], value);
      value.list.push(2);
      bytes[0] = 2;
      await Promise.all([set, operation.commit()]);
      expect(await valueOf(bed.kv, at, "set")).toEqual({ list: [1] });
      expect(await valueOf(bed.kv, at, "value")).toEqual({ list: [1] });
      expect(await valueOf(bed.kv, at, "bytes")).toEqual(Uint8Array.of(1));
    });
  });

  describe("1.4 expireIn", () => {
    test("1.4 expireIn: is a non-negative integer, or undefined for none", async () => {
      const key = [bed.at()];
      await bed.kv.set(key, 1, { expireIn: anything(undefined) });
      await bed.kv.set(key, 1, anything(null));
      expect((await bed.kv.get(key)).value).toBe(1);
      for (const expireIn of [null, "5", true, 1.5, -1, NaN, Infinity, "never"]) {
        const refusal = [
          TypeError,
          `expireIn must be a non-negative integer: received ${String(expireIn)}`,
        ] as const;
        await rejects(() => bed.kv.set(key, 1, { expireIn: anything(expireIn) }), refusal);
        throwsAtOnce(() => bed.kv.atomic().set(key, 1, { expireIn: anything(expireIn) }), refusal);
      }
    });

    test("1.4 expireIn: too large is refused at the commit, with Deno's bound", async () => {
      const key = [bed.at()];
      const expireIn = 8_210_266_876_800_000;
      const refusal = [TypeError, `Invalid mutation: expireIn is too large: ${expireIn}`] as const;
      await rejects(() => bed.kv.set(key, 1, { expireIn }), refusal);
      const operation = bed.kv.atomic().set(key, 1, { expireIn });
      await rejects(() => operation.commit(), refusal);
      await bed.kv.set(key, 1, { expireIn: 8_210_266_876_799_999 - Date.now() - 60_000 });
    });

    test("1.4 expireIn: in mutate, what is no number is ignored", async () => {
      const key = [bed.at()];
      const mutation = { type: "set", key, value: 1 } as const;
      await bed.kv
        .atomic()
        .mutate({ ...mutation, expireIn: anything("0") }, { ...mutation, expireIn: anything(null) })
        .commit();
      expect((await bed.kv.get(key)).value).toBe(1);
      expect(() => bed.kv.atomic().mutate({ ...mutation, expireIn: 1.5 })).toThrow("received 1.5");
    });

    test("1.4 expireIn: a set replaces it; sum, min and max clear it", async () => {
      const at = bed.at();
      const n = new KvU64(1n);
      await bed.kv
        .atomic()
        .set([at, "kept"], 1, { expireIn: 0 })
        .set([at, "kept"], 1)
        .set([at, "gone"], 1)
        .set([at, "gone"], 1, { expireIn: 0 })
        .set([at, "sum"], n, { expireIn: 60 })
        .set([at, "min"], n, { expireIn: 60 })
        .set([at, "max"], n, { expireIn: 60 })
        .set([at, "left"], n, { expireIn: 60 })
        .commit();
      await bed.kv.atomic().sum([at, "sum"], 1n).min([at, "min"], 1n).max([at, "max"], 1n).commit();
      await expect.poll(() => valueOf(bed.kv, at, "left")).toBeNull();
      const names = ["kept", "gone", "sum", "min", "max"];
      const entries = await bed.kv.getMany<unknown[]>(names.map((name) => [at, name]));
      expect(entries.map(({ value }) => value)).toEqual([1, null, new KvU64(2n), n, n]);
    });
  });

  describe("1.5 expiry", () => {
    test("1.5 expiry: never before its time, at once after it, and together what expires together", async () => {
      const at = bed.at();
      const before = Date.now();
      await bed.kv.atomic().set([at, 1], 1, { expireIn: 150 }).set([at, 2], 2, { expireIn: 150 }).commit();
      const reader = bed.kv.watch([[at, 1]]).getReader();
      for (;;) {
        const [one, two] = await bed.kv.getMany([
          [at, 1],
          [at, 2],
        ]);
        expect(one.versionstamp === null).toBe(two.versionstamp === null);
        if (one.versionstamp === null) break;
      }
      expect(Date.now() - before).toBeGreaterThanOrEqual(150);
      await bed.kv.set([at, "later"], 1, { expireIn: 0 });
      expect((await drain(bed.kv.list({ prefix: [at] }))).length).toBe(0);
      // Where there is a relay, it tells of the end when it sweeps.
      while (bed.place.name === "alone" && (await reader.read()).value?.[0].value !== null);
      await reader.cancel();
    });
  });
};
