/**
 * What Node shows of Deno KV's behaviour holds in a browser: the same tests, over IndexedDB in a worker.
 */
import { expect, test } from "vitest";

const files = import.meta.glob("./deno-kv/*.test.ts", { eager: true });

test("the tests of every section of Deno KV's behaviour were found", () => {
  expect(Object.keys(files).length).toBeGreaterThan(12);
});
