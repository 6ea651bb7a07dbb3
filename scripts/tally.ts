// What a run of tests came to, and the line that says so. Pure: check.ts runs the tests and prints the line.
// The line is read by programs: its form is fixed.

/** Counts of tests by outcome; a test that never came to an end has failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What the reporter hands over: a tally for each test project, and faults that belong to no test. */
export interface TestReport {
  readonly tallyByProject: Readonly<Record<string, Tally>>;
  readonly faults: number;
}

/** How the process that ran the tests ended. */
export interface TestRun {
  readonly exitCode: number | null;
  /** Undefined when the process left none. */
  readonly report: TestReport | undefined;
}

export const addTallies = (tallies: readonly Tally[]): Tally => ({
  passed: sum(tallies.map((tally) => tally.passed)),
  failed: sum(tallies.map((tally) => tally.failed)),
  skipped: sum(tallies.map((tally) => tally.skipped)),
});

/** Counts one check that is not made of tests, such as the type check. */
export const tallyOfCheck = (ok: boolean): Tally => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

/**
 * Judges a run of the tests. Green is never taken on trust: a run without a report, a project in which no test ran,
 * and an exit code that no counted failure explains are one failure each.
 */
export const tallyOfRun = ({ exitCode, report }: TestRun, projects: readonly string[]): Tally => {
  if (report === undefined) return tallyOfCheck(false);
  const counted = addTallies(Object.values(report.tallyByProject));
  const emptyProjects = projects.filter((project) => !hasRun(report.tallyByProject[project])).length;
  const failed = counted.failed + report.faults + emptyProjects;
  const unexplained = failed === 0 && exitCode !== 0 ? 1 : 0;
  return { ...counted, failed: failed + unexplained };
};

/** `12 passed, 0 failed`, and `, 3 skipped` when there are some. */
export const closingLine = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

const hasRun = (tally: Tally | undefined): boolean => tally !== undefined && tally.passed + tally.failed > 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
