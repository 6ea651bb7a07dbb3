/**
 * Plans that failed once, made small: what `npm run simulate` prints of a failing seed, with a name
 * that says what went wrong. `npm test` runs them all.
 */
import type { Plan } from "./plan.ts";

export interface Regression {
  readonly name: string;
  readonly plan: Plan;
}

export const regressions: readonly Regression[] = [];
