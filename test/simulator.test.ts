/**
 * The simulator as part of the tests: 300 seeds over two processes, the plans that failed once, and
 * the simulator itself. A seed that fails prints the smallest plan that fails like it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCampaign } from "./simulator/campaign.ts";
import { carryOut } from "./simulator/carry-out.ts";
import { drawPlan } from "./simulator/draw-plan.ts";
import { hunt } from "./simulator/hunt.ts";
import { mutants } from "./simulator/mutants.ts";
import { textOfPlan } from "./simulator/plan.ts";
import { regressions } from "./simulator/regressions.ts";
import { scenarios } from "./simulator/scenarios.ts";
import { shrink } from "./simulator/shrink.ts";

/** Far above what they take: machines that test are busy. */
const campaignMsMax = 900_000;

test(
  "300 seeds of 200 steps break no invariant",
  async () => {
    const report = await runCampaign({ from: 1, seeds: 300, steps: 200 });
    const found = report.failures.map(({ failure }) => `${failure.message}\n${textOfPlan(failure.plan)}`);
    expect(found).toEqual([]);
    expect(report).toMatchObject({ seeds: 300, steps: 60_000 });
    for (const count of [report.accepted, report.superseded, report.rejected]) {
      expect(count).toBeGreaterThan(1000);
    }
    // Every fault there is was injected.
    expect(Object.values(report.faults).every((times) => times > 10)).toBe(true);
    // Buckets that were used without a relay were given one, some of them by a relay that takes little.
    expect(report.attaches["buckets"]).toBeGreaterThan(30);
    expect(report.attaches["divided"]).toBeGreaterThan(3);
  },
  campaignMsMax,
);

describe("plans that failed once, and aimed ones", () => {
  test.each([...regressions, ...scenarios])("$name", async ({ plan }) => {
    expect(await carryOut(plan)).not.toBeInstanceOf(Error);
  });
});

test.each(mutants)("the code that a planted bug changes is there: $name", ({ edits }) => {
  for (const { file, find } of edits) {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    expect(source.split(find)).toHaveLength(2);
  }
});

test(
  "a planted bug is caught",
  async () => {
    // All of them take minutes: npm run simulate -- --mutants
    expect(await hunt({ name: "reveal a part" }, { from: 1, seedsMax: 20, steps: 200 })).toBeDefined();
  },
  campaignMsMax,
);

const aims = scenarios.flatMap(({ name, catches }) => catches.map((mutant) => ({ name, mutant })));

test.each(aims)(
  "a planted bug is caught by the plan that is aimed at it: $mutant",
  async ({ name, mutant }) => {
    const found = await hunt({ name: mutant }, { from: 1, seedsMax: 0, steps: 0 });
    expect(found?.by).toBe(`the scenario "${name}"`);
  },
  campaignMsMax,
);

test("the same seed gives the same run, and another one another", async () => {
  const [first, second, other] = [await traceOf(1), await traceOf(1), await traceOf(2)];
  expect([second === first, other === first]).toEqual([true, false]);
});

test("a failing plan is shrunk to what it takes to fail", async () => {
  const plan = drawPlan(1, 100);
  const needed = [7, 50, 51, 98];
  const { plan: small, runs } = await shrink(
    plan,
    async ({ operations }) => needed.every((id) => operations.some((operation) => operation.id === id)),
    1000,
  );
  expect(small.operations.map(({ id }) => id)).toEqual(needed);
  // All but what passed after the last of them.
  expect(timeOf(small.operations)).toBe(timeOf(plan.operations.slice(0, 99)));
  expect(runs).toBeLessThan(100);
});

const traceOf = async (seed: number): Promise<number> => {
  const report = await carryOut(drawPlan(seed, 100));
  if (report instanceof Error) throw report;
  return report.trace;
};

const timeOf = (operations: readonly { readonly afterMs: number }[]): number =>
  operations.reduce((total, { afterMs }) => total + afterMs, 0);
