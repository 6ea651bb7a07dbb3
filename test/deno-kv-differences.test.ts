/**
 * The list of differences from Deno KV is true: each names a test, and that test is there.
 */
import { expect, test } from "vitest";
import { rowsOf, testFinder } from "./rules/shown-by.ts";

const namedTests = rowsOf("docs/deno-kv-differences.md").map((cells) => cells.at(-1) ?? "");
const isTested = testFinder("test/deno-kv/");

test("differences were read", () => {
  expect(namedTests.length).toBeGreaterThan(20);
});

test.each(namedTests)("a difference is shown by the test: %s", (name) => {
  expect(isTested(name)).toBe(true);
});
