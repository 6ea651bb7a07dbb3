/**
 * The rich codec keeps whatever structured clone holds, refuses the rest by its path, and reads
 * hostile text without executing or polluting anything.
 */
import * as fc from "fast-check";
import { KvError, storableDepthMax, type Value } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { decodeRich, encodeRich } from "./rich-codec.ts";

const rich = (tree: unknown) => ({ encoding: "rich", data: `1${JSON.stringify(tree)}` }) as const;

/** Stores a value and reads it back, by way of text alone. */
const roundTrip = (value: unknown): unknown => {
  const encoded = encodeRich(value);
  expect(encoded.encoding).toBe("rich");
  return decodeRich(JSON.parse(JSON.stringify(encoded)));
};

class Point {
  x = new Date(1);
  #secret = 2;

  get secret(): number {
    return this.#secret;
  }
}

describe("the rich codec", () => {
  test.each([
    ["undefined", undefined],
    ["NaN", NaN],
    ["negative zero", -0],
    ["infinities", [Infinity, -Infinity]],
    ["bigints", [0n, -(2n ** 200n)]],
    ["members that are undefined", { a: undefined, b: [undefined] }],
    ["dates", [new Date(0), new Date(NaN), new Date(8.64e15), new Date(-1)]],
    ["regular expressions", [/a\/b"</giu, /[\p{L}--[a-z]]/v, new RegExp("\u2028\n")]],
    [
      "maps with any keys",
      new Map<unknown, unknown>([
        [{ a: 1 }, new Map()],
        [NaN, 1],
        [undefined, -0],
      ]),
    ],
    ["sets", new Set([1, "1", new Set([null])])],
    ["holes", [1, , , 4, undefined, ,]], // oxlint-disable-line no-sparse-arrays
    ["boxed primitives", [Object(1), Object("a"), Object(false), Object(-0), Object(5n)]],
    ["an array buffer", new ArrayBuffer(3)],
    ["a data view", new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)],
    [
      "typed arrays",
      [
        Int8Array.of(-1),
        Uint8Array.of(255),
        Uint8ClampedArray.of(255),
        Int16Array.of(-1),
        Uint16Array.of(1),
        Int32Array.of(-1),
        Uint32Array.of(2 ** 31),
        Float32Array.of(NaN, -0),
        Float64Array.of(Math.PI),
        BigInt64Array.of(-1n),
        BigUint64Array.of(2n ** 64n - 1n),
      ],
    ],
    ["lone surrogates", { "\ud800": "\udc00x", u: undefined }],
    ["characters that scripts escape", ["</script>\u2028\u2029\\\"'`${}\0\x7f", undefined]],
    [
      "members with names of Object.prototype",
      Object.assign(JSON.parse('{"__proto__":{"x":1},"constructor":1,"toString":null,"then":2}'), {
        u: undefined,
      }),
    ],
    ["an array longer than its depth limit", Array.from({ length: 20_000 }, () => undefined)],
  ])("keeps %s", (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  test("keeps a value as deep as values may be, whatever it is made of", () => {
    const wrappers: readonly ((inner: unknown) => unknown)[] = [
      (inner) => ({ inner }),
      (inner) => [inner],
      (inner) => new Map([[1, inner]]),
      (inner) => new Map([[inner, 1]]),
      (inner) => new Set([inner]),
      (inner) => new Error("e", { cause: inner }),
    ];
    for (const wrap of wrappers) {
      let value: unknown = Uint16Array.of(1);
      for (let level = 0; level < storableDepthMax; level++) value = wrap(value);
      expect(encodeRich(roundTrip(value))).toEqual(encodeRich(value));
    }
  });

  test("keeps an own member __proto__ as a member", () => {
    const decoded = roundTrip([JSON.parse('{"__proto__":{"isAdmin":true}}'), undefined]);
    const [object] = decoded as [Record<string, unknown>];
    expect(Object.getOwnPropertyNames(object)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(object["isAdmin"]).toBeUndefined();
  });

  test("keeps cycles and shared objects", () => {
    const shared = { at: new Date(0) };
    const value: Record<string, unknown> = { a: shared, b: [shared], map: new Map() };
    value["self"] = value;
    (value["map"] as Map<unknown, unknown>).set(value, value["map"]);
    const decoded = roundTrip(value) as {
      a: unknown;
      b: unknown[];
      map: Map<unknown, unknown>;
      self: unknown;
    };
    expect(decoded.self).toBe(decoded);
    expect(decoded.b[0]).toBe(decoded.a);
    expect(decoded.map.get(decoded)).toBe(decoded.map);
  });

  test("keeps the buffer that views share", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const [whole, part] = roundTrip([bytes, new Uint16Array(bytes.buffer, 2, 1)]) as [
      Uint8Array,
      Uint16Array,
    ];
    expect(part.buffer).toBe(whole.buffer);
    whole[2] = 9;
    expect(part[0]).toBe(new Uint16Array(Uint8Array.of(9, 4).buffer)[0]);
  });

  test("keeps class, message, stack and cause of errors, none of them enumerable", () => {
    const error = new RangeError("outer", { cause: new TypeError("inner", { cause: 5 }) });
    const decoded = roundTrip({ error }) as { error: RangeError & { cause: TypeError } };
    expect(decoded.error).toBeInstanceOf(RangeError);
    expect(decoded.error.message).toBe("outer");
    expect(decoded.error.stack).toBe(error.stack);
    expect(decoded.error.cause).toBeInstanceOf(TypeError);
    expect(decoded.error.cause.cause).toBe(5);
    expect(Object.keys(decoded.error)).toEqual([]);
  });

  test("keeps of instances what structured clone keeps", () => {
    expect(roundTrip(new Point())).toStrictEqual({ x: new Date(1) });
    class Tags extends Set {}
    expect(Object.getPrototypeOf(roundTrip(new Tags([1])))).toBe(Set.prototype);
    expect(roundTrip({ at: new Date(0), [Symbol("s")]: 1 })).toStrictEqual({ at: new Date(0) });
  });

  test("writes JSON where that is enough for the clone", () => {
    class Pair {
      a = 1;
      b = [2];
    }
    expect(encodeRich(new Pair())).toEqual({ encoding: "json", data: '{"a":1,"b":[2]}' });
  });

  test("keeps whatever fast-check makes, as structured clone does", () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withNullPrototype: true,
      stringUnit: "binary",
    });
    fc.assert(
      fc.property(anything, (value) => {
        const encoded = encodeRich({ value, u: undefined });
        fc.pre(encoded.encoding === "rich");
        expect(decodeRich(encoded)).toStrictEqual(structuredClone({ value, u: undefined }));
      }),
      { numRuns: 400 },
    );
  });
});

describe("the rich codec refuses", () => {
  test("what cannot be kept, by its path", () => {
    expect(() => encodeRich({ items: [1, { onClick: () => 1 }] })).toThrow(
      new TypeError(
        "value.items[1].onClick is a function and cannot be stored; remove it or store what it stands for",
      ),
    );
    expect(() => encodeRich(new Float16Array(1))).toThrow("value is a Float16Array");
  });

  test("a Proxy, which no walk can see", () => {
    expect(() => encodeRich({ a: new Proxy({}, {}) })).toThrow(TypeError);
    expect(() => encodeRich({ a: new Proxy({}, {}) })).toThrow("such as a Proxy");
  });

  test.each([
    ["a bigint too long to be read", 10n ** 10_001n],
    ["a negative bigint too long to be read", [-(10n ** 10_001n)]],
    ["a regular expression too long to be read", new RegExp("a".repeat(20_001))],
    ["more Unicode properties than are read", Array.from({ length: 33 }, () => /\p{L}/u)],
    ["a typed array too long to be written", new Float64Array(1_000_001)],
  ])("%s", (_, value) => {
    expect(() => encodeRich(value)).toThrow(TypeError);
    expect(() => encodeRich(value)).toThrow("value cannot be stored");
  });
});

// Nodes as seroval writes them.
const number = { t: 0, s: 1 };
const text = (s: string) => ({ t: 1, s });
const object = (k: unknown[], v: unknown[], i = 0) => ({ t: 10, i, p: { k, v }, o: 0 });
const array = (...a: unknown[]) => ({ t: 9, i: 0, a, o: 0 });

describe("text from another device", () => {
  const wellKnownSymbol = { t: 17, i: 5, s: 3 };
  const sequence = { t: 35, i: 6, s: -1, l: 0, a: [number] };
  const iteratorFactory = { t: 27, i: 7, f: wellKnownSymbol };

  const hostile: readonly (readonly [string, unknown])[] = [
    ["a promise", { t: 12, i: 0, s: 1, f: number }],
    ["a promise to be settled", { t: 22, i: 0, s: 1, f: { t: 26, i: 2, s: 1 } }],
    ["a settled promise", array({ t: 22, i: 1, s: 2 }, { t: 23, i: 2, a: [null, number] })],
    ["a symbol", { t: 17, i: 0, s: 3 }],
    ["a reference to a global", { t: 18, i: 0, s: "Function" }],
    ["a plugin", { t: 25, i: 0, s: number, c: "seroval-plugins/web/URL" }],
    ["an iterator", { t: 28, a: [iteratorFactory, sequence] }],
    [
      "an object with a then that can be called",
      object(["then"], [{ t: 28, a: [iteratorFactory, sequence] }]),
    ],
    ["an object with an iterator", object([wellKnownSymbol], [{ t: 28, a: [iteratorFactory, sequence] }])],
    ["an async iterator", { t: 30, a: [number, { t: 31, i: 1, a: [], f: { t: 26, i: 2, s: 4 } }] }],
    ["a stream", { t: 31, i: 0, a: [], f: { t: 26, i: 1, s: 4 } }],
    ["a call of a stream", array({ t: 31, i: 1, a: [] }, { t: 32, i: 1, f: number })],
    ["a sequence", sequence],
    ["a Temporal object", { t: 36, i: 0, s: "2020-01-01", c: 2 }],
    ["an AggregateError", { t: 14, i: 0, m: "m" }],
    ["an object without prototype", { t: 11, i: 0, p: { k: [], v: [] }, o: 0 }],
    ["an unknown node", { t: 99 }],
    ["a node type that is text", { t: "0", s: 1 }],
    ["no node", { s: 1 }],
    ["a list", [number]],
    ["null", null],
    ["a number", 1],
    ["a forbidden node where none is looked for", { t: 1, s: "a", x: [{ t: 25 }] }],
    ["a placeholder as a value", { t: 26, i: 0, s: 0 }],
    ["a typed array of no class", { t: 15, i: 0, c: "Function", f: { t: 19, i: 1, s: "AAAA" }, b: 0, l: 3 }],
    ["a view over no buffer", { t: 15, i: 0, c: "Uint8Array", f: number, b: 0, l: 4_000_000_000 }],
    ["a view longer than its buffer", { t: 20, i: 0, f: { t: 19, i: 1, s: "AAAA" }, b: 0, l: 400 }],
    ["an error of no class", { t: 13, i: 0, s: "constructor", m: "m" }],
    ["a constant of no name", { t: 2, s: "constructor" }],
    ["a regular expression that does not parse", { t: 6, i: 0, c: "(", m: "" }],
    ["a bigint that is none", { t: 3, s: "process.exit()" }],
    ["two objects of one id", array(object([], [], 1), object([], [], 1))],
    ["an object of a negative id", object([], [], -1)],
    ["members without values", { t: 10, i: 0, p: { k: ["a"], v: 1 }, o: 0 }],
    ["a key that is an object", object([object([], [], 1)], [number])],
  ];

  test.each(hostile)("that makes %s is corrupt", (_, tree) => {
    expect(() => decodeRich(rich(tree))).toThrow(
      expect.objectContaining({ constructor: KvError, code: "corrupt" }),
    );
  });

  test.each(["", "1", "0{}", "{", "1{", "1undefined", '2{"t":0,"s":1}'])(
    "that reads %j is corrupt",
    (data) => {
      expect(() => decodeRich({ encoding: "rich", data })).toThrow(
        expect.objectContaining({ code: "corrupt" }),
      );
    },
  );

  test("nested without end is corrupt and does not overflow the stack", () => {
    const depth = 200_000;
    const nested = `${'{"t":9,"i":0,"o":0,"a":['.repeat(depth)}${"]}".repeat(depth)}`;
    expect(() => decodeRich({ encoding: "rich", data: `1${nested}` })).toThrow(
      expect.objectContaining({ code: "corrupt", cause: new TypeError("nested too deeply") }),
    );
  });

  test("is never evaluated", () => {
    const codes = [
      "globalThis.pwned = 1",
      "\\x22);globalThis.pwned=1;(\\x22",
      "${globalThis.pwned=1}",
      '");globalThis.pwned=1//',
    ];
    for (const code of codes) {
      expect(decodeRich(rich(text(code)))).toBeTypeOf("string");
      expect(decodeRich(rich({ t: 6, i: 0, c: "a", m: "g" }))).toBeInstanceOf(RegExp);
      expect(Object.keys(decodeRich(rich(object([code], [number]))) as object)).toHaveLength(1);
    }
    expect("pwned" in globalThis).toBe(false);
  });

  test("leaves every prototype as it was", () => {
    const before = prototypes.map((prototype) => Reflect.ownKeys(prototype).length);
    const polluting = object(["polluted"], [number], 1);
    const names = ["__proto__", "constructor", "prototype", "toString", "__defineGetter__"];
    const decoded = decodeRich(
      rich(
        object(
          names,
          names.map(() => number),
        ),
      ),
    ) as object;
    expect(Object.keys(decoded)).toEqual(names);
    const nested = decodeRich(rich(object(["__proto__"], [polluting]))) as object;
    expect(Object.getPrototypeOf(nested)).toBe(Object.prototype);
    const keyed = decodeRich(rich(object([text("__proto__")], [polluting]))) as object;
    expect(Object.getPrototypeOf(keyed)).toBe(Object.prototype);
    const error = decodeRich(
      rich({ t: 13, i: 0, s: 0, m: "m", p: { k: ["__proto__", "constructor"], v: [polluting, number] } }),
    );
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(prototypes.map((prototype) => Reflect.ownKeys(prototype).length)).toEqual(before);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("gives data or is corrupt, whatever is changed in it", () => {
    const sample = encodeRich({
      a: [new Map([[1, new Set([new Date(0), /x/g, 1n])]]), new Error("e"), Uint8Array.of(1)],
      u: undefined,
    });
    const source = (sample as Value & { data: string }).data;
    const piece = fc.constantFrom(...'0123456789"{}[],:tsikvpaef', '"t":25', '"t":12', '"__proto__"', "null");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(source.length), fc.nat(3), piece), { minLength: 1, maxLength: 3 }),
        (edits) => {
          let data = source;
          for (const [at, removed, added] of edits) {
            data = data.slice(0, at) + added + data.slice(at + removed);
          }
          expect(isDataOrCorrupt(data)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

const prototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Map.prototype,
  Error.prototype,
  Promise.prototype,
];

const isDataOrCorrupt = (data: string): boolean => {
  try {
    return isData(decodeRich({ encoding: "rich", data }), new Set());
  } catch (error) {
    return error instanceof KvError && error.code === "corrupt";
  }
};

/** No function, symbol or promise anywhere in it. */
const isData = (value: unknown, visited: Set<unknown>): boolean => {
  if (typeof value === "function" || typeof value === "symbol" || value instanceof Promise) return false;
  if (typeof value !== "object" || value === null || visited.has(value)) return true;
  visited.add(value);
  const members = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : [];
  return [...members, ...Object.values(value)].every((member) => isData(member, visited));
};
