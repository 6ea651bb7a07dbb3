/**
 * The README is true: its example runs as printed and prints what it says, its links lead somewhere,
 * and its limits are those of the code.
 */
import { execFile } from "node:child_process";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as limits from "@rockpool/model";

const root = new URL("../", import.meta.url);
const readme = await readFile(new URL("README.md", root), "utf8");

/** The fenced blocks of a language, in order. */
const blocksOf = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    (match) => match[1] ?? "",
  );

test("the ten-line example is ten lines, runs as printed and prints what it says", async () => {
  const [example = ""] = blocksOf("ts");
  const [printed] = blocksOf("text");
  expect(example.split("\n").filter((line) => line !== "")).toHaveLength(10);
  const file = fileURLToPath(new URL(`test/readme-${process.pid}.example.ts`, root));
  await writeFile(file, example);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 10_000 });
    expect(stdout).toBe(printed);
  } finally {
    await rm(file);
  }
});

test("every link to a file leads to one", async () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? "");
  expect(links.length).toBeGreaterThan(10);
  const missing: string[] = [];
  for (const link of links) await access(new URL(link, root)).catch(() => missing.push(link));
  expect(missing).toEqual([]);
});

test("the table of limits says what limits.ts says", () => {
  const {
    keyBytesMax,
    valueBytesMax,
    checksMax,
    mutationsMax,
    commitBytesMax,
    readKeysMax,
    pendingBytesMax,
  } = limits;
  const rows = [...readme.matchAll(/^\| ([a-z][^|]+?) \| ([\d,]+)( MiB| bytes)? \|$/gm)].map((row) => {
    const unit = row[3] === " MiB" ? 1024 * 1024 : 1;
    return Number(row[2]?.replaceAll(",", "")) * unit;
  });
  expect(rows).toEqual([
    keyBytesMax,
    valueBytesMax,
    checksMax,
    mutationsMax,
    commitBytesMax,
    readKeysMax,
    pendingBytesMax,
  ]);
});
