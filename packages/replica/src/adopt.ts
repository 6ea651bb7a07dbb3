/**
 * Deciding what a welcome changes here, before its row is appended.
 */
import type { SessionRow } from "@rockpool/log";
import type { Hello, Welcome } from "@rockpool/protocol";
import { sameScope } from "./fold.ts";
import type { ReplicaState } from "./state.ts";

/** - `row`: append it. - `same`: nothing changed. - `moved`: the replica is no longer what the hello said. */
export type AdoptDecision =
  | { readonly type: "row"; readonly row: SessionRow }
  | { readonly type: "same" }
  | { readonly type: "moved" };

/** Clocks that agree to within this many ms are left alone. */
const clockToleranceMs = 100;

/** A welcome acts only if epoch, cursor and what is followed are still those of its hello. */
export const decideWelcome = (
  state: ReplicaState,
  hello: Hello,
  welcome: Welcome,
  nowMs: number,
): AdoptDecision => {
  const { session } = state;
  const asGreeted =
    session.epoch === hello.epoch &&
    session.received === hello.cursor &&
    sameScope(session.followed, hello.follow);
  if (!asGreeted) return { type: "moved" };
  const measuredMs = clockOffset(welcome, nowMs);
  const clockMoved = Math.abs(measuredMs - session.clockOffsetMs) > clockToleranceMs;
  const isSame = welcome.valid && session.epoch === welcome.epoch && sameScope(session.scope, welcome.scope);
  if (isSame && !clockMoved) return { type: "same" };
  const row: SessionRow = {
    type: "session",
    epoch: welcome.epoch,
    scope: welcome.scope,
    clockOffsetMs: clockMoved ? measuredMs : session.clockOffsetMs,
    reset: !welcome.valid || (session.reset && session.epoch !== welcome.epoch),
  };
  return { type: "row", row };
};

/** The relay's clock less ours, taking its answer to lie halfway through the round trip. */
const clockOffset = (welcome: Welcome, nowMs: number): number =>
  Math.round(welcome.clockMs - (welcome.helloClockMs + nowMs) / 2);
