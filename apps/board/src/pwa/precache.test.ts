/**
 * The service worker keeps all of the built board and nothing else, and changes whenever any of it does.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeShell } from "../../precache.ts";
import type { Shell } from "./service-worker-scope.ts";

let folder = "";

const put = (path: string, text: string): void => writeFileSync(join(folder, path), text);

/** Lists the files, as a build does that wrote the service worker anew. */
const shellOf = (): Shell => {
  put("sw.js", "work();");
  writeShell(folder);
  const [first = "", rest] = readFileSync(join(folder, "sw.js"), "utf8").split("\n");
  expect(rest).toBe("work();");
  return JSON.parse(/^self\.rockpoolShell = (.*);$/.exec(first)?.[1] ?? "") as Shell;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rockpool-board-"));
  mkdirSync(join(folder, "assets"));
  put("index.html", "page");
  put("assets/worker-1.js", "worker");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("every file of the build is listed, in all folders, save what may change without a build", () => {
  put("config.json", "{}");
  put("assets/worker-1.js.map", "{}");
  expect(shellOf().files).toEqual(["assets/worker-1.js", "index.html"]);
});

test("the same files are the same version", () => {
  expect(shellOf().version).toBe(shellOf().version);
});

test.each([
  ["a file changes", () => put("index.html", "another page")],
  ["a file is added", () => put("assets/more.js", "more")],
])("it is a new version when %s", (_, change) => {
  const { version } = shellOf();
  change();
  expect(shellOf().version).not.toBe(version);
});

test("config.json may change without a new version", () => {
  const { version } = shellOf();
  put("config.json", '{"relay":"ws://127.0.0.1:9000"}');
  expect(shellOf().version).toBe(version);
});
