/**
 * The list of differences from Deno KV is true: each names a test, and that test is there.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/** The last cell of every row that is neither a table's head nor the line under it. */
const namedTests = read("../docs/deno-kv-differences.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.endsWith("| shown by |"))
  .map((line) => line.split(" | ").at(-1)?.replace(/ \|$/, "") ?? "");

const folder = new URL("deno-kv/", import.meta.url);
const tests = readdirSync(folder)
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => read(`deno-kv/${name}`))
  .join("\n");

test("differences were read", () => {
  expect(namedTests.length).toBeGreaterThan(20);
});

test.each(namedTests)("a difference is shown by the test: %s", (name) => {
  expect(tests).toContain(`test(${JSON.stringify(name)}, `);
});
