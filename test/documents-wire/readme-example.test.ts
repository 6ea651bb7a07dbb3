/**
 * The example of stock clients in the relay's README runs as printed, and prints what it says.
 */
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);

test("stock clients of the README edit one document", async () => {
  const readme = await readFile(new URL("packages/relay/README.md", root), "utf8");
  const [, part = ""] = readme.split("## Stock y-websocket clients\n");
  const example = /```ts\n([^]*?)```/.exec(part)?.[1] ?? "";
  const printed = /```text\n([^]*?)```/.exec(part)?.[1];
  const file = fileURLToPath(new URL(`readme-${process.pid}.example.ts`, import.meta.url));
  await writeFile(file, example);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 15_000 });
    expect(stdout).toBe(printed);
  } finally {
    await rm(file);
  }
});
