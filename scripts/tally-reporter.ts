// A Vitest reporter that writes a TestReport to the file named by ROCKPOOL_REPORT, for check.ts. Prints nothing.
// A file that cannot be loaded, a failing hook and an unhandled error belong to no test: they are counted as faults.
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from "vitest/node";
import { addTallies, type Tally, type TestReport } from "./tally.ts";

/** Name of the environment variable that says where the report goes. */
export const reportFileVariable = "ROCKPOOL_REPORT";

export default class TallyReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const file = process.env[reportFileVariable];
    if (file === undefined) return;
    const tallyByProject: Record<string, Tally> = {};
    for (const module of modules) {
      // Browsers are instances of one project.
      const project = module.project.config.browser.enabled ? "browser" : module.project.name;
      const before = tallyByProject[project] ?? { passed: 0, failed: 0, skipped: 0 };
      tallyByProject[project] = addTallies([before, tallyOfModule(module)]);
    }
    const faults =
      modules.filter(isFaulty).length + unhandledErrors.length + (reason === "interrupted" ? 1 : 0);
    writeFileSync(file, JSON.stringify({ tallyByProject, faults } satisfies TestReport));
  }
}

const tallyOfModule = (module: TestModule): Tally => {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  const count = (state: string): number => states.filter((other) => other === state).length;
  return { passed: count("passed"), failed: count("failed") + count("pending"), skipped: count("skipped") };
};

/** Whether the module failed although none of its tests did. */
const isFaulty = (module: TestModule): boolean => !module.ok() && tallyOfModule(module).failed === 0;
