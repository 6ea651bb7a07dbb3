// Runs tools of node_modules and, with them, the tests: what a run came to is read from the report of
// tally-reporter.ts, never from its exit code alone. For check.ts and test-browsers.ts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reportFileVariable } from "./tally-reporter.ts";
import { tallyOfRun, type Tally, type TestReport } from "./tally.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a tool of node_modules by its script, with this Node: no shell, the same on every system. */
export const runTool = (
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): number | null => {
  const tool = join(root, "node_modules", script);
  return spawnSync(process.execPath, [tool, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  }).status;
};

/** Runs Vitest with `args`; a test of each kind of `projects` ("node", "browser") must have run. */
export const runVitest = (
  args: readonly string[],
  projects: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Tally => {
  const folder = mkdtempSync(join(tmpdir(), "rockpool-"));
  const reportFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=./scripts/tally-reporter.ts"];
    const exitCode = runTool("vitest/vitest.mjs", ["run", ...args, ...reporters], {
      ...env,
      [reportFileVariable]: reportFile,
    });
    return tallyOfRun({ exitCode, report: readReport(reportFile) }, projects);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const readReport = (file: string): TestReport | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as TestReport) : undefined;
