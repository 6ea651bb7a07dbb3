/**
 * A session that is welcomed: what is pushed and pulled, and the signs of life and of convergence.
 */
import { type CommitResult, equalScopes, nameKey } from "@rockpool/model";
import type { PatchMessage, Pong, Renewed, Ruled, Verified } from "@rockpool/protocol";
import { nextPush } from "./push.ts";
import { answerMsMax, giveUp, greetAgain, renewAtMs, retreat } from "./session-connect.ts";
import {
  type Session,
  type SessionContext,
  type SessionEvent,
  type SessionStep,
  stay,
} from "./session-event.ts";
import { beginFill, needsFill } from "./session-fill.ts";

const pingEveryMs = 25_000;
/** How often a quiet replica is compared with the relay, in ms: once a day. */
const compareEveryMs = 24 * 60 * 60 * 1000;

export const goLive = (session: Session, context: SessionContext): SessionStep =>
  goOn(
    {
      ...session,
      phase: "live",
      wasRefused: false,
      liveSinceMs: context.nowMs,
      pingAtMs: context.nowMs + pingEveryMs,
      renewAtMs: renewAtMs(session.welcome?.expiresInMs ?? null, context.nowMs),
      error: null,
    },
    context,
  );

/** After anything that changed: fills if that is due, else settles what can be, pushes what fits and asks for more. */
export const goOn = (session: Session, context: SessionContext): SessionStep => {
  const { replica } = context;
  const left = leave(session, context);
  if (left !== undefined) return left;
  if (needsFill(session, replica)) return beginFill(session, context);
  const settled = settle(session, context);
  const pushed = push(settled.session, context);
  const resumed = resume(pushed.session, context);
  return { session: resumed.session, effects: [...settled.effects, ...pushed.effects, ...resumed.effects] };
};

/** Ends a session that no longer serves what the replica is, which another tab's session may have changed. */
export const leave = (session: Session, context: SessionContext): SessionStep | undefined => {
  const { hello, welcome } = session;
  const { epoch, scope, followed } = context.replica.session;
  if (hello === null || !equalScopes(hello.follow, followed)) {
    return retreat(session, "the app follows other prefixes", context);
  }
  return welcome !== null && welcome.epoch === epoch && equalScopes(welcome.scope, scope)
    ? undefined
    : greetAgain(session, "another tab has another session", context);
};

/** Any message is a sign of life. */
export const hearLife = (session: Session, { nowMs }: SessionContext): Session =>
  session.pingAtMs === null ? session : { ...session, pingedAtMs: null, pingAtMs: nowMs + pingEveryMs };

export const hearPatch = (
  session: Session,
  { epoch, scope, patch, paused }: PatchMessage,
  context: SessionContext,
): SessionStep => {
  const raised = raiseHead(session, patch.head);
  const next = paused === true ? { ...raised, pausedAt: patch.to } : raised;
  const { session: resumed, effects } = session.phase === "live" ? resume(next, context) : stay(next);
  return {
    session: resumed,
    effects: [
      { type: "receive", received: { epoch, scope, subject: session.welcome?.subject ?? null, patch } },
      ...effects,
    ],
  };
};

export const hearRulings = (session: Session, { results }: Ruled, context: SessionContext): SessionStep =>
  goOn(keepRulings(session, results), context);

/** Takes rulings on what was pushed; they apply once the cursor reaches them. */
export const keepRulings = (session: Session, results: readonly CommitResult[]): Session => {
  const inFlight = new Map(session.window.inFlight);
  let { bytes } = session.window;
  for (const { name } of results) {
    bytes -= inFlight.get(nameKey(name)) ?? 0;
    inFlight.delete(nameKey(name));
  }
  const rulings = [...session.rulings, ...results];
  return { ...session, rulings, window: { ...session.window, inFlight, bytes } };
};

/**
 * Patches carry the results of what was ruled. A few come by answer alone (`unknown`; a name of which
 * another attempt was ruled): they are kept until the cursor reaches their revision.
 */
const settle = (session: Session, { replica }: SessionContext): SessionStep => {
  if (session.rulings.length === 0) return stay(session);
  const isDue = ({ revision }: CommitResult): boolean => revision <= replica.session.received;
  const open = session.rulings.filter(({ name }) => replica.unruled.has(nameKey(name)));
  const due = open.filter(isDue);
  const next = { ...session, rulings: open.filter((result) => !isDue(result)) };
  const epoch = session.welcome?.epoch;
  if (due.length === 0 || epoch === undefined) return stay(next);
  return { session: next, effects: [{ type: "settle", settled: { epoch, results: due } }] };
};

/** Sends what is pending and not yet sent; never while what is confirmed here waits to be replaced. */
const push = (session: Session, { replica }: SessionContext): SessionStep => {
  const { welcome } = session;
  const mayPush = welcome !== null && replica.session.epoch === welcome.epoch && !replica.session.fillDue;
  if (!mayPush) return stay(session);
  const { commits, window } = nextPush(session.window, replica, welcome.limits);
  if (commits.length === 0) return stay(session);
  return {
    session: { ...session, window },
    effects: [{ type: "send", messages: [{ type: "push", commits }] }],
  };
};

/** Something is missing here: asks for all that follows on what was received. */
export const pull = (session: Session, _event: unknown, { replica }: SessionContext): SessionStep => {
  const { epoch, received: from } = replica.session;
  if (epoch === null || epoch !== session.welcome?.epoch) return stay(session);
  return {
    session: { ...session, pausedAt: null },
    effects: [{ type: "send", messages: [{ type: "pull", epoch, from }] }],
  };
};

/** Goes on with a catch-up that the relay paused, once it is stored: parts on their way are held in memory. */
const resume = (session: Session, context: SessionContext): SessionStep =>
  session.pausedAt === null || context.replica.session.received < session.pausedAt
    ? stay(session)
    : pull(session, undefined, context);

export const probe = (
  session: Session,
  { id }: { readonly id: number },
  { nowMs }: SessionContext,
): SessionStep => {
  const pingedAtMs = session.pingedAtMs ?? nowMs;
  return {
    session: { ...session, pingedAtMs, pingAtMs: pingedAtMs + answerMsMax },
    effects: [{ type: "send", messages: [{ type: "ping", id }] }],
  };
};

/** A pong after a silence is the moment to compare both sides: in live traffic they always differ. */
export const hearPong = (session: Session, { id, head }: Pong, context: SessionContext): SessionStep => {
  const { session: next, effects } = compare(raiseHead(session, head), context);
  return { session: next, effects: [{ type: "probed", id, head }, ...effects] };
};

const compare = (session: Session, { nowMs, replica }: SessionContext): SessionStep => {
  const { revealed, received, fillDue, verifiedAtMs } = replica.session;
  const isQuiet =
    revealed === session.head && received === revealed && replica.pendingCount === 0 && !fillDue;
  const isDue = nowMs - verifiedAtMs >= compareEveryMs && session.comparingAt === null;
  if (!isQuiet || !isDue) return stay(session);
  return { session: { ...session, comparingAt: revealed }, effects: [{ type: "hash", at: revealed }] };
};

export const sendHash = (
  session: Session,
  { at, hash }: SessionEvent & { type: "hashed" },
  { replica }: SessionContext,
): SessionStep => {
  const { epoch, revealed } = replica.session;
  if (at !== session.comparingAt) return stay(session);
  if (hash === null || epoch === null || revealed !== at) return stay({ ...session, comparingAt: null });
  return { session, effects: [{ type: "send", messages: [{ type: "verify", epoch, at, hash }] }] };
};

export const hearVerified = (session: Session, { at, equal }: Verified): SessionStep => {
  const epoch = session.welcome?.epoch;
  if (at !== session.comparingAt || epoch === undefined) return stay(session);
  const next = { ...session, comparingAt: null };
  return equal === null ? stay(next) : { session: next, effects: [{ type: "compared", epoch, at, equal }] };
};

export const hearRenewed = (
  session: Session,
  { expiresInMs }: Renewed,
  { nowMs }: SessionContext,
): SessionStep => stay({ ...session, renewAtMs: renewAtMs(expiresInMs, nowMs) });

/** Shown, or given up: then another connection sees what is to be done. */
export const onFilled = (
  session: Session,
  { id, ok, reason = "the replica moved on during a fill" }: SessionEvent & { type: "filled" },
  context: SessionContext,
): SessionStep => {
  if (id !== session.fill?.id) return stay(session);
  if (!ok) {
    // However long it took: it would fail again, all of it.
    return giveUp({ ...session, liveSinceMs: null }, reason, context);
  }
  const live: Session = { ...session, phase: "live", fill: null };
  const pulled = pull(live, undefined, context);
  const gone = goOn(pulled.session, context);
  return { session: gone.session, effects: [...pulled.effects, ...gone.effects] };
};

const raiseHead = (session: Session, head: number): Session =>
  head > session.head ? { ...session, head } : session;
