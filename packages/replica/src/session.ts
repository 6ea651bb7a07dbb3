/**
 * The session with the relay as a pure state machine: what is to be done when something happens.
 * No socket, clock or random number inside: times and draws come with the events, and effects are
 * data for the host to carry out in order. Whether what arrives applies is not decided here but by
 * the log, so a late, doubled or reordered message does no harm.
 */
import type { DownMessage } from "@rockpool/protocol";
import {
  adopt,
  askAgainLater,
  askToRenew,
  begin,
  fail,
  failTokenless,
  giveUp,
  greet,
  greetAgain,
  hearError,
  offSession,
  sendToken,
  start,
  stop,
  stopForSubject,
  takeToken,
} from "./session-connect.ts";
import {
  type Handler,
  type Session,
  type SessionContext,
  type SessionEvent,
  type SessionPhase,
  type SessionStep,
  stay,
} from "./session-event.ts";
import { onStored, takePage, takePatch } from "./session-fill.ts";
import {
  goLive,
  goOn,
  hearLife,
  hearPatch,
  hearPong,
  hearRenewed,
  hearRulings,
  hearVerified,
  keepRulings,
  leave,
  onFilled,
  probe,
  pull,
  sendHash,
} from "./session-live.ts";

export { offSession };

/** Everything that can happen, by name: a message counts by its own. */
type Happening = Exclude<SessionEvent, { type: "message" }> | DownMessage;
type Named<Name extends Happening["type"]> = Extract<Happening, { type: Name }>;

/** One handler for each phase; `stay` where an event means nothing. */
type Row<Event> = Readonly<Record<SessionPhase, Handler<Event>>>;

const row = <Event>(
  off: Handler<Event>,
  waiting: Handler<Event>,
  asking: Handler<Event>,
  connecting: Handler<Event>,
  greeting: Handler<Event>,
  adopting: Handler<Event>,
  live: Handler<Event>,
  filling: Handler<Event>,
  refused: Handler<Event>,
  stopped: Handler<Event>,
): Row<Event> => ({
  off,
  waiting,
  asking,
  connecting,
  greeting,
  adopting,
  live,
  filling,
  refused,
  stopped,
});

type Wake = Named<"wake">;
const probeNow: Handler<Wake | Named<"timer">> = (session, _event, context) =>
  probe(session, { id: 0 }, context);

const adopted: Handler<Named<"adopted">> = (session, { outcome }, context) => {
  switch (outcome) {
    case "taken":
      return goLive(session, context);
    case "moved":
      return greetAgain(session, "the replica moved on during the hello", context);
    case "subject":
      return stopForSubject(session);
  }
};

const folded: Handler<unknown> = (session, _event, context) => goOn(session, context);

const foldedInFill: Handler<unknown> = (session, _event, context) => leave(session, context) ?? stay(session);

const keepOnly: Handler<Named<"ruled">> = (session, { results }) => stay(keepRulings(session, results));

const unanswered: Handler<unknown> = (session, _event, context) =>
  giveUp(session, "the relay did not answer", context);

const tokenUnanswered: Handler<unknown> = (session, _event, context) =>
  failTokenless(session, { type: "tokenless", reason: "the app gave no token in time" }, context);

const keepAlive: Handler<Named<"timer">> = (session, event, context) => {
  if (session.renewAtMs !== null && session.renewAtMs <= context.nowMs) return askToRenew(session);
  if (session.pingedAtMs === null) return probeNow(session, event, context);
  return giveUp(session, "the relay fell silent", context);
};

/** Every phase, every event. */
const table: { readonly [Name in Happening["type"]]: Row<Named<Name>> } = {
  // The columns: off, waiting, asking, connecting, greeting, adopting, live, filling, refused, stopped.
  start: row(start, stay, stay, stay, stay, stay, stay, stay, start, start),
  stop: row(stop, stop, stop, stop, stop, stop, stop, stop, stop, stop),
  wake: row<Wake>(stay, begin, stay, stay, stay, stay, probeNow, probeNow, begin, stay),
  timer: row(stay, begin, tokenUnanswered, unanswered, unanswered, stay, keepAlive, keepAlive, stay, stay),
  token: row(stay, stay, takeToken, stay, stay, stay, sendToken, sendToken, stay, stay),
  tokenless: row(stay, stay, failTokenless, stay, stay, stay, askAgainLater, askAgainLater, stay, stay),
  opened: row(stay, stay, stay, greet, stay, stay, stay, stay, stay, stay),
  closed: row(stay, stay, stay, fail, fail, fail, fail, fail, stay, stay),
  error: row(stay, stay, stay, hearError, hearError, hearError, hearError, hearError, stay, stay),
  welcome: row(stay, stay, stay, stay, adopt, stay, stay, stay, stay, stay),
  adopted: row(stay, stay, stay, stay, stay, adopted, stay, stay, stay, stay),
  patch: row(stay, stay, stay, stay, stay, hearPatch, hearPatch, takePatch, stay, stay),
  gap: row(stay, stay, stay, stay, stay, stay, pull, stay, stay, stay),
  ruled: row(stay, stay, stay, stay, stay, stay, hearRulings, keepOnly, stay, stay),
  folded: row(stay, stay, stay, stay, stay, stay, folded, foldedInFill, stay, stay),
  page: row(stay, stay, stay, stay, stay, stay, stay, takePage, stay, stay),
  stored: row(stay, stay, stay, stay, stay, stay, stay, onStored, stay, stay),
  filled: row(stay, stay, stay, stay, stay, stay, stay, onFilled, stay, stay),
  probe: row(stay, stay, stay, stay, stay, stay, probe, probe, stay, stay),
  pong: row(stay, stay, stay, stay, stay, stay, hearPong, hearPong, stay, stay),
  hashed: row(stay, stay, stay, stay, stay, stay, sendHash, stay, stay, stay),
  verified: row(stay, stay, stay, stay, stay, stay, hearVerified, stay, stay, stay),
  // Who carries the session passes it on; here it is a sign of life.
  aware: row(stay, stay, stay, stay, stay, stay, stay, stay, stay, stay),
  renewed: row(stay, stay, stay, stay, stay, stay, hearRenewed, hearRenewed, stay, stay),
};

/** What follows from an event. */
export const nextSession = (session: Session, event: SessionEvent, context: SessionContext): SessionStep => {
  if (event.type === "message") return handle(hearLife(session, context), event.message, context);
  const isEarly = event.type === "timer" && (session.wakeAtMs === null || context.nowMs < session.wakeAtMs);
  return isEarly ? stay(session) : handle(session, event, context);
};

const handle = (session: Session, event: Happening, context: SessionContext): SessionStep => {
  const handler = table[event.type][session.phase] as Handler<Happening>;
  const { session: next, effects } = handler(session, event, context);
  const isEnded = session.fill !== null && next.fill?.id !== session.fill.id && event.type !== "filled";
  return {
    session: isWelcomed(next) ? { ...next, wakeAtMs: earliest(next.pingAtMs, next.renewAtMs) } : next,
    effects: isEnded ? [{ type: "abortFill", id: session.fill.id }, ...effects] : effects,
  };
};

const isWelcomed = ({ phase }: Session): boolean => phase === "live" || phase === "filling";

const earliest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
