/**
 * What became of one seed, as data that one process tells another: what its run came to, or how it
 * failed and the smallest plan that fails like it.
 */
import { carryOut, type RunReport } from "./carry-out.ts";
import { drawPlan } from "./draw-plan.ts";
import type { Plan } from "./plan.ts";
import { scenarios } from "./scenarios.ts";
import { shrink } from "./shrink.ts";
import { Violation } from "./violation.ts";

export interface Failure {
  readonly message: string;
  /** Shrunk, unless that was not asked for. */
  readonly plan: Plan;
  readonly steps: number;
}

export interface SeedOutcome {
  /** From 0 downwards: a scenario. */
  readonly seed: number;
  readonly report?: RunReport;
  readonly failure?: Failure;
}

export interface SeedOptions {
  readonly steps: number;
  /** Runs it a second time and compares. */
  readonly twice: boolean;
  /** Runs that are spent on making a failing plan smaller. */
  readonly shrinkRunsMax: number;
}

export const runSeed = async (seed: number, options: SeedOptions): Promise<SeedOutcome> => {
  const plan = planOf(seed, options.steps);
  const first = await carryOut(plan);
  if (first instanceof Error) return { seed, failure: await describe(plan, first, options.shrinkRunsMax) };
  if (options.twice) {
    const second = await carryOut(plan);
    if (second instanceof Error || second.trace !== first.trace) {
      const found = second instanceof Error ? second.message : second.trace;
      const error = new Violation({ invariant: 8, at: "the second run", expected: first.trace, found });
      return { seed, failure: await describe(plan, error, 0) };
    }
  }
  return { seed, report: first };
};

/** Seeds from 0 downwards stand for the scenarios. */
const planOf = (seed: number, steps: number): Plan => {
  if (seed > 0) return drawPlan(seed, steps);
  const scenario = scenarios[-seed];
  if (scenario === undefined) throw new Error(`there is no scenario ${-seed}`);
  return scenario.plan;
};

const describe = async (plan: Plan, error: Error, shrinkRunsMax: number): Promise<Failure> => {
  if (shrinkRunsMax === 0) return { message: error.message, plan, steps: plan.operations.length };
  const isSame = (other: RunReport | Error): boolean =>
    other instanceof Error && kindOf(other) === kindOf(error);
  const shrunk = await shrink(plan, async (smaller) => isSame(await carryOut(smaller)), shrinkRunsMax);
  const last = await carryOut(shrunk.plan);
  const step = `seed ${plan.seed}, ${shrunk.plan.operations.length} operations`;
  const { message, stack = "" } = last instanceof Error ? last : error;
  return {
    message: `${step}: ${error instanceof Violation ? message : stack}`,
    plan: shrunk.plan,
    steps: plan.operations.length,
  };
};

/** Two failures are of a kind when they break the same invariant, or say the same. */
const kindOf = (error: Error): string =>
  error instanceof Violation
    ? `invariant ${error.invariant}`
    : error.message.replaceAll(/[0-9a-f]{8,}|\d+/g, "#");
