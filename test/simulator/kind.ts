/**
 * What there is to say of one kind of action: how often it happens, what it is drawn from, and what it
 * does.
 */
import type { Actions, ActionType } from "./actions.ts";
import type { Chance } from "./chance.ts";
import type { Run, Where } from "./run.ts";

export interface Kind<Type extends ActionType> {
  /** How often, next to the others. */
  readonly weight: number;
  /** True for what befalls the system; false for what an app does with it. */
  readonly isFault: boolean;
  draw(chance: Chance, id: number): Actions[Type];
  act(run: Run, action: Actions[Type], where: Where): void;
}

export type KindsOf<Types extends ActionType> = { readonly [Type in Types]: Kind<Type> };
