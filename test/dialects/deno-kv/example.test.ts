/**
 * The example, written as Deno's documentation writes code, prints what it prints in Deno.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** As Deno 2.9.6 prints it, with its own `Deno` in place of the import; strings in Node's quotes. */
const printed = `[ 'users', 'alice' ]
{ name: 'Alice' }
User did not yet exist. Inserted!
alice January 1, 1990
sam February 14, 1985
taylor December 25, 1970
first page: alice
first page: sam
second page: taylor
visits: 3n
news: the tide comes in
message: { order: 1 }
`;

test("code from Deno's documentation runs with its import line alone changed", async () => {
  const example = fileURLToPath(new URL("example.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [example], { timeout: 15_000 });
  expect(stdout).toBe(printed);
});
