/**
 * Packed keys in an IndexedDB: as strings they compare there as the keys they stand for, and as
 * JavaScript compares strings, which the pages' index relies on.
 */
import { packKey } from "@rockpool/model";
import { anyKeyPair, compareKeys } from "@rockpool/model/key-arbitrary";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

export const describeKeyOrder = (name: string, factory: IDBFactory): void => {
  describe(`key order: ${name}`, () => {
    test("any two keys compare as packed strings and as IndexedDB keys like the keys themselves", () => {
      fc.assert(
        fc.property(anyKeyPair, ([a, b]) => {
          const [packedA, packedB] = [packKey(a), packKey(b)];
          const order = compareKeys(a, b);
          expect(packedA < packedB ? -1 : Number(packedA > packedB)).toBe(order);
          expect(factory.cmp(packedA, packedB)).toBe(order);
        }),
        { numRuns: 10_000 },
      );
    });
  });
};
