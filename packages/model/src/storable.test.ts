/**
 * What no device can keep for another is refused
 * by its path in the value.
 */
import { describe, expect, test } from "vitest";
import { KvU64 } from "./kv-u64.ts";
import { cloneStorable, storableDepthMax } from "./storable.ts";

const refuse = (value: unknown) => () => cloneStorable(value);
const suffix = "and cannot be stored; remove it or store what it stands for";

class Point {
  #secret = 1;
  readonly x: unknown;

  constructor(x: unknown) {
    this.x = x;
  }

  get secret(): number {
    return this.#secret;
  }
}

const cycle: Record<string, unknown> = { list: [] };
cycle["self"] = cycle;
(cycle["list"] as unknown[]).push(cycle);

const chain = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { next: value };
  return value;
};

describe("what can be stored", () => {
  test.each([
    ["primitives", [undefined, null, NaN, -0, 1n, "\ud800", true]],
    ["dates and expressions", [new Date(NaN), /a/g]],
    ["maps and sets", new Map<unknown, unknown>([[new Set([1]), new Map()]])],
    ["a cycle", cycle],
    ["holes", [1, , 3]], // oxlint-disable-line no-sparse-arrays
    ["boxed primitives", [Object(1), Object("a"), Object(true), Object(1n)]],
    ["errors and their causes", new TypeError("a", { cause: new Error("b") })],
    [
      "buffers and views",
      [new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Float64Array(1), Buffer.from("a")],
    ],
    ["instances of classes", [new Point(1), new (class extends Map {})(), new (class extends Error {})()]],
    ["a u64 inside", { n: new KvU64(1n) }],
    ["members without prototype", Object.assign(Object.create(null), { a: 1 })],
    ["what stands under a symbol, which is left out", { [Symbol("s")]: () => 1 }],
    ["depth up to the limit", chain(storableDepthMax)],
  ])("includes %s", (_, value) => {
    expect(refuse(value)).not.toThrow();
  });
});

describe("what cannot be stored", () => {
  test.each([
    ["value is a function", () => 1],
    ["value is a symbol", Symbol("s")],
    ["value is a Promise", Promise.resolve()],
    ["value is a WeakMap", new WeakMap()],
    ["value is a Promise", Object.assign(Promise.resolve(), { fiber: () => 1 })],
    ["value is a Blob", new Blob(["a"])],
    ["value is an AbortSignal", new AbortController().signal],
    ["value.home is a URL", { home: new URL("https://example.org") }],
    ["value is a SharedArrayBuffer", new SharedArrayBuffer(1)],
    ["value is a Uint8Array", new Uint8Array(new SharedArrayBuffer(1))],
    ["value.reason is a DOMException", { reason: new DOMException("m", "AbortError") }],
    ["value.items[3].onClick is a function", { items: [1, 2, 3, { onClick: () => 1 }] }],
    ['value["not a name"]["0"] is a symbol', { "not a name": { 0: Symbol("s") } }],
    ["value.größe is a symbol", { größe: Symbol("s") }],
    ["value[2] is a function", [1, , () => 1]], // oxlint-disable-line no-sparse-arrays
    [
      "value.keys()[1] is a function",
      new Map<unknown, unknown>([
        [1, 1],
        [() => 1, 2],
      ]),
    ],
    [
      "value.values()[1].a is a function",
      new Map([
        [1, {}],
        [2, { a: () => 1 }],
      ]),
    ],
    ["value.tags.values()[0] is a symbol", { tags: new Set([Symbol("s")]) }],
    ["value.cause.cause is a function", new Error("a", { cause: new Error("b", { cause: () => 1 }) })],
    ["value.at.x is a function", { at: new Point(() => 1) }],
    ["value.at.x is a Blob", { at: new Point(new Blob([])) }],
    ["value.self2 is a function", { ...cycle, self2: () => 1 }],
  ])("%s", (message, value) => {
    expect(refuse(value)).toThrow(new TypeError(`${message} ${suffix}`));
  });

  test("includes a key of Web Crypto", async () => {
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    expect(refuse({ key })).toThrow(new TypeError(`value.key is a CryptoKey ${suffix}`));
  });

  test("includes an array with named members, which the codec would drop", () => {
    expect(refuse({ match: "abc".match(/b/) })).toThrow(
      new TypeError(
        'value.match is an array with a member named "groups" and cannot be stored; copy it into an object',
      ),
    );
  });

  test("includes a Proxy and bytes that were transferred away, which no walk can see", () => {
    const buffer = new ArrayBuffer(1);
    structuredClone(buffer, { transfer: [buffer] });
    const hidden = { at: new Date(), list: [1, { proxy: new Proxy({}, {}) }] };
    expect(refuse(hidden)).toThrow(/^value\.list\[1\]\.proxy is an object that cannot be cloned/);
    expect(refuse(new Map([["a", { buffer }]]))).toThrow(/^value\.values\(\)\[0\]\.buffer is an object/);
    expect(refuse(new Proxy({}, {}))).toThrow(/^value is an object that cannot be cloned/);
  });

  test("includes what is nested too deeply, with the path cut short", () => {
    expect(refuse(chain(storableDepthMax + 2))).toThrow(
      /^value(\.next)+[.a-z]*… is nested deeper than 500 levels; keep its parts under keys of their own$/,
    );
  });
});
