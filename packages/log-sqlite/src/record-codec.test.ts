/**
 * Records come back from bytes as they were, in objects and buffers of their own, and what is no record
 * is refused.
 */
import { describe, expect, test } from "vitest";
import { decodeRecord, encodeRecord } from "./record-codec.ts";

describe("a record", () => {
  test("comes back as it was: texts of any code units, bigints, bytes, what is absent", () => {
    const record = {
      key: "\u0002a\u0000\u00ff",
      half: "\ud800",
      large: 2n ** 64n - 1n,
      bytes: new Uint8Array([0, 255]),
      list: [1.5, -0, null, true, { nested: [] }],
    };
    expect(decodeRecord(encodeRecord(record))).toStrictEqual(record);
    expect(decodeRecord(encodeRecord(undefined))).toBeUndefined();
  });

  test("takes of a shared buffer only what is its own, and gives each of its bytes a buffer of its own", () => {
    const shared = new Uint8Array(1_000_000).fill(7);
    const encoded = encodeRecord({ bytes: shared.subarray(10, 14), neighbour: Buffer.from("secret") });
    expect(encoded.byteLength).toBeLessThan(100);
    const { bytes, neighbour } = decodeRecord(encoded) as Record<string, Uint8Array>;
    expect([bytes, neighbour?.constructor]).toEqual([new Uint8Array([7, 7, 7, 7]), Uint8Array]);
    expect([bytes?.buffer.byteLength, neighbour?.buffer.byteLength]).toEqual([4, 6]);
  });

  test.each([[() => 1], [Symbol("s")], [new Float64Array(1)], [new WeakMap()]])(
    "that cannot be stored is refused: %s",
    (value) => {
      expect(() => encodeRecord({ value })).toThrow(expect.objectContaining({ code: "unsupported" }));
    },
  );

  test.each([
    ["no bytes", new Uint8Array()],
    ["noise", new Uint8Array(50).fill(1)],
    ["a form that only a newer V8 knows", new Uint8Array([255, 200, 48])],
    ["one that is cut off", encodeRecord({ bytes: new Uint8Array(40) }).subarray(0, 30)],
  ])("that is none is corrupt: %s", (_, bytes) => {
    expect(() => decodeRecord(bytes)).toThrow(expect.objectContaining({ code: "corrupt" }));
  });
});
