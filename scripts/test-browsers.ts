// `npm run test:browsers`: the store's browser suites in Chromium on both of its backing stores, in Firefox and in
// WebKitGTK, one after another. Firefox and WebKitGTK are installed where that can be done by apt-get; one that is
// missing is skipped with the reason. docs/browsers.md says what they run and what they cannot.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBrowser } from "./ensure-browser.ts";
import { ensureForeignBrowser, firefox, type ForeignBrowser, webkit } from "./foreign-browsers.ts";
import { addTallies, closingLine, type Tally, tallyOfCheck } from "./tally.ts";
import { runVitest } from "./vitest-run.ts";

/** Names the folder in which Chromium keeps its profiles: on disk, or it would not use a backing store at all. */
const profilesVariable = "ROCKPOOL_PROFILES";

const runIn = (project: string): Tally => {
  console.log(`\n${project}`);
  const profiles = mkdtempSync(join(tmpdir(), "rockpool-profiles-"));
  try {
    const args = ["--root", ".", "--config", "test/browsers/vite.config.ts", "--project", project];
    return runVitest(args, ["browser"], { [profilesVariable]: profiles });
  } finally {
    rmSync(profiles, { recursive: true, force: true, maxRetries: 20 });
  }
};

const runInForeign = (project: string, browser: ForeignBrowser): Tally | undefined =>
  ensureForeignBrowser(browser) ? runIn(project) : undefined;

const hasChromium = ensureBrowser();
const tallyByProject = {
  "chromium-leveldb": hasChromium ? runIn("chromium-leveldb") : tallyOfCheck(false),
  "chromium-sqlite": hasChromium ? runIn("chromium-sqlite") : tallyOfCheck(false),
  firefox: runInForeign("firefox", firefox),
  webkit: runInForeign("webkit", webkit),
};

console.log("");
for (const [project, tally] of Object.entries(tallyByProject)) {
  console.log(`${project}: ${tally === undefined ? "not run, see above" : closingLine(tally)}`);
}
const all = addTallies(Object.values(tallyByProject).filter((tally) => tally !== undefined));
console.log(`\n${closingLine(all)}`);
process.exitCode = all.failed === 0 && all.passed > 0 ? 0 : 1;
