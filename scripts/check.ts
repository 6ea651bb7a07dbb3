// All checks of the repository, in order: format, lint, types, then the tests in Node and in Chromium. One that fails
// does not stop the others. The last line printed is the tally; the exit code is 0 only when nothing failed.
import { ensureBrowser } from "./ensure-browser.ts";
import { addTallies, closingLine, tallyOfCheck, type Tally } from "./tally.ts";
import { runTool, runVitest } from "./vitest-run.ts";

const checkWith = (name: string, script: string, args: readonly string[]): Tally => {
  const startMs = Date.now();
  const ok = runTool(script, args) === 0;
  console.log(`${ok ? "✓" : "✗"} ${name} (${Date.now() - startMs} ms)\n`);
  return tallyOfCheck(ok);
};

/** A browser that is there is no test and counts for nothing; one that is missing is a failure. */
const checkBrowser = (): Tally =>
  ensureBrowser() ? { passed: 0, failed: 0, skipped: 0 } : tallyOfCheck(false);

const tally = addTallies([
  checkWith("format", "oxfmt/bin/oxfmt", ["--check"]),
  checkWith("lint", "oxlint/bin/oxlint", ["--deny-warnings"]),
  checkWith("types", "typescript/bin/tsc", []),
  checkBrowser(),
  runVitest([], ["node", "folder", "browser"]),
]);
console.log(`\n${closingLine(tally)}`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
