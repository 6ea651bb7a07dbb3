/**
 * Makes a plan that fails smaller while it goes on failing in the same way: leaves out operations, in
 * ever smaller runs of them, until none can be spared.
 * @see https://www.st.cs.uni-saarland.de/papers/tse2002/ (Zeller and Hildebrandt, delta debugging)
 */
import type { Operation, Plan } from "./plan.ts";

/** Whether a plan fails as the first one did. */
export type Fails = (plan: Plan) => Promise<boolean>;

export interface Shrunk {
  readonly plan: Plan;
  /** Plans that were tried. */
  readonly runs: number;
}

/** The smallest plan found within `runsMax` runs. The time that passes before what is left out passes all the same. */
export const shrink = async (plan: Plan, fails: Fails, runsMax: number): Promise<Shrunk> => {
  let { operations } = plan;
  let runs = 0;
  for (let size = Math.ceil(operations.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < operations.length && runs < runsMax;) {
      const without = leaveOut(operations, from, size);
      runs++;
      if (await fails({ ...plan, operations: without })) operations = without;
      else from += size;
    }
  }
  return { plan: { ...plan, operations }, runs };
};

const leaveOut = (operations: readonly Operation[], from: number, size: number): readonly Operation[] => {
  const rest = operations.slice(from + size);
  const passedMs = operations.slice(from, from + size).reduce((total, { afterMs }) => total + afterMs, 0);
  const [next, ...others] = rest;
  return [
    ...operations.slice(0, from),
    ...(next === undefined ? [] : [{ ...next, afterMs: next.afterMs + passedMs }, ...others]),
  ];
};
