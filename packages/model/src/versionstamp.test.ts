/**
 * Versionstamps are 20 hex digits whose order is
 * that of positions and places.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createVersionstamp,
  isVersionstamp,
  laterVersionstamp,
  placeOf,
  positionOf,
  versionstampPlaceMax,
  zeroVersionstamp,
} from "./versionstamp.ts";

const somePosition = fc.oneof(fc.nat(100), fc.maxSafeNat());
const somePlace = fc.integer({ min: 0, max: versionstampPlaceMax });

describe("a versionstamp", () => {
  test("is 20 lowercase hex digits: 16 of position, 4 of place", () => {
    expect(createVersionstamp(0xabc, 0x1f)).toBe("0000000000000abc001f");
    expect(createVersionstamp(7)).toBe("00000000000000070000");
    expect(createVersionstamp(0)).toBe(zeroVersionstamp);
  });

  test("orders as a string by position, then by place", () => {
    fc.assert(
      fc.property(
        somePosition,
        somePlace,
        somePosition,
        somePlace,
        (positionA, placeA, positionB, placeB) => {
          const [a, b] = [createVersionstamp(positionA, placeA), createVersionstamp(positionB, placeB)];
          expect(a < b).toBe(positionA < positionB || (positionA === positionB && placeA < placeB));
          expect(laterVersionstamp(a, b)).toBe(a < b ? b : a);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("gives back position and place, up to the largest", () => {
    fc.assert(
      fc.property(somePosition, somePlace, (position, place) => {
        const versionstamp = createVersionstamp(position, place);
        expect([positionOf(versionstamp), placeOf(versionstamp)]).toEqual([position, place]);
        expect(isVersionstamp(versionstamp)).toBe(true);
      }),
    );
    expect(positionOf(createVersionstamp(Number.MAX_SAFE_INTEGER, versionstampPlaceMax))).toBe(
      Number.MAX_SAFE_INTEGER,
    );
  });

  test.each([
    [-1, 0],
    [2 ** 53, 0],
    [1.5, 0],
    [1, -1],
    [1, versionstampPlaceMax + 1],
  ])("is not made of position %d and place %d", (position, place) => {
    expect(() => createVersionstamp(position, place)).toThrow("invariant");
  });

  test("is told from other strings, in either case", () => {
    expect(isVersionstamp("0000000000000ABC001F")).toBe(true);
    for (const other of [
      "",
      "0".repeat(19),
      "0".repeat(21),
      `${"0".repeat(19)}g`,
      `${"0".repeat(20)}\n`,
      5,
      null,
    ]) {
      expect(isVersionstamp(other)).toBe(false);
    }
  });
});
