// All checks of the repository, in order: format, lint, types, then the tests in Node and in Chromium. One that fails
// does not stop the others. The last line printed is the tally; the exit code is 0 only when nothing failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBrowser } from "./ensure-browser.ts";
import { reportFileVariable } from "./tally-reporter.ts";
import { addTallies, closingLine, tallyOfCheck, tallyOfRun, type Tally, type TestReport } from "./tally.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a tool of node_modules by its script, with this Node: no shell, the same on every system. */
const runTool = (script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number | null => {
  const tool = join(root, "node_modules", script);
  return spawnSync(process.execPath, [tool, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  }).status;
};

const checkWith = (name: string, script: string, args: readonly string[]): Tally => {
  const startMs = Date.now();
  const ok = runTool(script, args) === 0;
  console.log(`${ok ? "✓" : "✗"} ${name} (${Date.now() - startMs} ms)\n`);
  return tallyOfCheck(ok);
};

/** A browser that is there is no test and counts for nothing; one that is missing is a failure. */
const checkBrowser = (): Tally =>
  ensureBrowser() ? { passed: 0, failed: 0, skipped: 0 } : tallyOfCheck(false);

const runTests = (): Tally => {
  const folder = mkdtempSync(join(tmpdir(), "rockpool-"));
  const reportFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=./scripts/tally-reporter.ts"];
    const exitCode = runTool("vitest/vitest.mjs", ["run", ...reporters], {
      [reportFileVariable]: reportFile,
    });
    return tallyOfRun({ exitCode, report: readReport(reportFile) }, ["node", "browser"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const readReport = (file: string): TestReport | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as TestReport) : undefined;

const tally = addTallies([
  checkWith("format", "oxfmt/bin/oxfmt", ["--check"]),
  checkWith("lint", "oxlint/bin/oxlint", ["--deny-warnings"]),
  checkWith("types", "typescript/bin/tsc", []),
  checkBrowser(),
  runTests(),
]);
console.log(`\n${closingLine(tally)}`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
