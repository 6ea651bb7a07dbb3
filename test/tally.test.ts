/**
 * The closing line of `npm test`, and the ways a run must not come out green.
 */
import { expect, test } from "vitest";
import { addTallies, closingLine, tallyOfCheck, tallyOfRun, type Tally } from "../scripts/tally.ts";

const green: Tally = { passed: 3, failed: 0, skipped: 0 };
const projects = ["node", "browser"];
const greenReport = { tallyByProject: { node: green, browser: green }, faults: 0 };

test("the closing line names what passed and failed, and what was skipped when something was", () => {
  expect(closingLine(green)).toBe("3 passed, 0 failed");
  expect(closingLine({ passed: 1, failed: 2, skipped: 3 })).toBe("1 passed, 2 failed, 3 skipped");
});

test("a check counts as one test", () => {
  expect(addTallies([green, tallyOfCheck(true), tallyOfCheck(false)])).toEqual({
    passed: 4,
    failed: 1,
    skipped: 0,
  });
});

test("a run in which every project ran and nothing failed is green", () => {
  expect(tallyOfRun({ exitCode: 0, report: greenReport }, projects)).toEqual({ ...green, passed: 6 });
});

test("a run without a report has failed", () => {
  expect(tallyOfRun({ exitCode: 0, report: undefined }, projects).failed).toBe(1);
});

test("a project in which no test ran has failed", () => {
  const skippedOnly = { passed: 0, failed: 0, skipped: 5 };
  const without = { tallyByProject: { node: green }, faults: 0 };
  const withSkipped = { tallyByProject: { node: green, browser: skippedOnly }, faults: 0 };
  expect(tallyOfRun({ exitCode: 0, report: without }, projects).failed).toBe(1);
  expect(tallyOfRun({ exitCode: 0, report: withSkipped }, projects).failed).toBe(1);
});

test("an exit code that no counted failure explains is a failure, and no second one beside a counted", () => {
  const failing = { tallyByProject: { node: { ...green, failed: 1 }, browser: green }, faults: 0 };
  expect(tallyOfRun({ exitCode: 1, report: greenReport }, projects).failed).toBe(1);
  expect(tallyOfRun({ exitCode: null, report: greenReport }, projects).failed).toBe(1);
  expect(tallyOfRun({ exitCode: 1, report: failing }, projects).failed).toBe(1);
});

test("a fault outside every test is a failure", () => {
  expect(tallyOfRun({ exitCode: 1, report: { ...greenReport, faults: 2 } }, projects).failed).toBe(2);
});
