/**
 * The convergence hash: equal for equal entries however they are given, different for anything else.
 */
import { expect, test } from "vitest";
import { createConvergenceHash, type HashedEntry } from "./convergence.ts";
import { packKey } from "./packed-key.ts";

const entry = (name: string, revision: number): HashedEntry => ({ key: packKey([name]), revision });
const hashOf = (...batches: readonly (readonly HashedEntry[])[]): string => {
  const hash = createConvergenceHash();
  for (const batch of batches) hash.add(batch);
  return hash.digest();
};

test("the hash does not depend on how entries are batched", () => {
  expect(hashOf([entry("a", 1), entry("b", 2)])).toBe(hashOf([entry("a", 1)], [], [entry("b", 2)]));
});

test("the hash differs by key, by revision and by count", () => {
  const hashes = [
    hashOf(),
    hashOf([entry("a", 1)]),
    hashOf([entry("a", 2)]),
    hashOf([entry("b", 1)]),
    hashOf([entry("a", 2 ** 40)]),
    hashOf([entry("a", 1), entry("b", 1)]),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("the hash is the one that PROTOCOL.md describes", () => {
  expect(hashOf([entry("a", 1), entry("b", 2)])).toBe("af96be760337ef1beb7cd620d55ca19a");
});
