/**
 * The example runs as it stands, and prints what a store that works makes it print.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("a federation written as Fedify's manual writes one keeps its data, and its process ends by itself", async () => {
  const file = fileURLToPath(new URL("example.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", file], {
    timeout: 20_000,
  });
  expect(stdout.split("\n")).toEqual([
    "200 alice, visited 1 times",
    "200 alice, visited 2 times",
    "visits/alice = 2",
    "",
  ]);
});
