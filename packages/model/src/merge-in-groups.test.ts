/**
 * Merging in groups: all of it, in order, and never many at once.
 */
import { expect, test } from "vitest";
import { mergeInGroups } from "./merge-in-groups.ts";

test.each([0, 1, 2, 63, 64, 65, 4096, 4097, 20_000])("%i items are merged in order, few at once", (count) => {
  const items = Array.from({ length: count }, (_, index) => `${index} `);
  const groups: number[] = [];
  const merged = mergeInGroups(items, (group) => {
    groups.push(group.length);
    return group.join("");
  });
  expect(merged).toBe(items.join(""));
  expect(Math.max(...groups)).toBeLessThanOrEqual(64);
  // Each is handed over once at each level, and each level is a 64th of the one before.
  expect(groups.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(count * 1.02 + 4);
});
