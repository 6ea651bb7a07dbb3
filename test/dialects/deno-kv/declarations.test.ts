/**
 * Deno's own declarations and ours fit each other both ways. They are compiled apart from the rest of the
 * repository, which must not see Deno's globals.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const compile = (...options: readonly string[]): Promise<{ readonly stdout: string }> => {
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  const project = fileURLToPath(new URL("test/dialects/deno-kv/declarations", root));
  return promisify(execFile)(process.execPath, [tsc, "-p", project, ...options], { timeout: 60_000 });
};

test("1.0 types: Deno's declarations and ours stand in for each other", async () => {
  await expect(compile()).resolves.toMatchObject({ stdout: "" });
}, 60_000);

test("1.0 types: what is compiled is this repository's file against Deno's declarations", async () => {
  const { stdout } = await compile("--listFilesOnly");
  expect(stdout).toMatch(/declarations\/deno\.ts/);
  expect(stdout).toMatch(/@types\/deno\/index\.d\.ts/);
}, 60_000);

test("1.0 types: the rest of the repository sees no global Deno", () => {
  // @ts-expect-error there is none
  expect(typeof Deno).toBe("undefined");
});
