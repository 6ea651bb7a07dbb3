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

/** Held complete by its type. */
const errorCodes: Readonly<Record<limits.KvErrorCode, true>> = {
  closed: true,
  unavailable: true,
  quota: true,
  "lost-connection": true,
  stalled: true,
  evicted: true,
  "newer-format": true,
  damaged: true,
  interrupted: true,
  corrupt: true,
  "outcome-unknown": true,
  "pending-full": true,
  offline: true,
  "not-found": true,
  unsupported: true,
  readonly: true,
  destroyed: true,
  blocked: true,
  sealed: true,
  conflict: true,
  rejected: true,
  replaced: true,
  "lock-lost": true,
  unauthorized: true,
  protocol: true,
};

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

test("every code of an error stands in its table, with what to do, and no other", () => {
  const section = readme.slice(readme.indexOf("### When something goes wrong"));
  const rows = section.slice(0, section.indexOf("\n\nA bucket")).matchAll(/^\| `(.+)` \| (.+) \| (.+) \|$/gm);
  expect([...rows].map((row) => row[1]).toSorted()).toEqual(Object.keys(errorCodes).toSorted());
});
