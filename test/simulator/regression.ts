/**
 * A plan that failed once.
 */
import type { Plan } from "./plan.ts";

export interface Regression {
  readonly name: string;
  readonly plan: Plan;
}
