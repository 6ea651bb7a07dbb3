/**
 * Deciding what a welcome changes here, before its row is appended.
 */
import type { SessionRow } from "@rockpool/log";
import { type CommitLimits, equalScopes } from "@rockpool/model";
import type { Hello, Welcome } from "@rockpool/protocol";
import { type FoldedSession, isSubjectOf } from "./folded-session.ts";
import type { ReplicaState } from "./state.ts";

/**
 * - `row`: append it. - `same`: nothing changed. - `moved`: the replica is no longer what the hello said.
 * - `subject`: the replica is somebody else's.
 */
export type AdoptDecision =
  | { readonly type: "row"; readonly row: SessionRow }
  | { readonly type: "same" }
  | { readonly type: "moved" }
  | { readonly type: "subject" };

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
    equalScopes(session.followed, hello.follow);
  if (!asGreeted) return { type: "moved" };
  const { subject } = welcome;
  if (!isSubjectOf(session, subject)) return { type: "subject" };
  const measuredMs = clockOffset(welcome, nowMs);
  // The answer may have been made at any moment of the round trip.
  const toleranceMs = Math.max(clockToleranceMs, (nowMs - welcome.helloClockMs) / 2);
  const clockMoved = Math.abs(measuredMs - session.clockOffsetMs) > toleranceMs;
  const scopeMoved = !equalScopes(welcome.scope, session.scope);
  // A replica that has received nothing yet has nothing to replace.
  const reset = !welcome.valid || (scopeMoved && session.received > 0);
  const isSame =
    !reset &&
    !scopeMoved &&
    !clockMoved &&
    session.epoch === welcome.epoch &&
    sameLimits(session, welcome) &&
    (subject === null || subject === session.subject);
  if (isSame) return { type: "same" };
  const row: SessionRow = {
    type: "session",
    epoch: welcome.epoch,
    scope: welcome.scope,
    clockOffsetMs: clockMoved ? measuredMs : session.clockOffsetMs,
    reset,
    ...(reset ? { shared: welcome.shared } : {}),
    ...(reset && welcome.valid ? { keeps: true } : {}),
    ...(subject === null ? {} : { subject }),
    limits: commitLimitsOf(welcome),
  };
  return { type: "row", row };
};

const commitLimitsOf = ({ limits }: Welcome): CommitLimits => {
  const { keyBytesMax, valueBytesMax, checksMax, mutationsMax, commitBytesMax } = limits;
  return { keyBytesMax, valueBytesMax, checksMax, mutationsMax, commitBytesMax };
};

const sameLimits = ({ limits }: FoldedSession, welcome: Welcome): boolean => {
  const said = commitLimitsOf(welcome);
  return (
    limits !== null &&
    Object.entries(said).every(([name, limit]) => limits[name as keyof CommitLimits] === limit)
  );
};

/** The relay's clock less ours, taking its answer to lie halfway through the round trip. */
const clockOffset = (welcome: Welcome, nowMs: number): number =>
  Math.round(welcome.clockMs - (welcome.helloClockMs + nowMs) / 2);
