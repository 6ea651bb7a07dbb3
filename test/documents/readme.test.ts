/**
 * The README of documents is true: its example runs as printed, and prints what it says.
 */
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const readme = await readFile(new URL("packages/documents/README.md", root), "utf8");

const firstBlock = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? "";

test("the example runs as printed, and prints what it says", async () => {
  const file = fileURLToPath(new URL(`readme-${process.pid}.example.ts`, import.meta.url));
  await writeFile(file, firstBlock("ts"));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 15_000 });
    expect(stdout).toBe(firstBlock("text"));
  } finally {
    await rm(file);
  }
});
