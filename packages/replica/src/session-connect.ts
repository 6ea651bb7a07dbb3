/**
 * How a session comes to be and ends: tokens, connections, greetings, failures and the waits between.
 */
import { KvError, zeroVersionstamp } from "@rockpool/model";
import { type Hello, protocolVersion, type SessionError, type Welcome } from "@rockpool/protocol";
import { isSubjectOf } from "./folded-session.ts";
import type { PushWindow } from "./push.ts";
import type { Session, SessionContext, SessionEvent, SessionStep } from "./session-event.ts";

const backoffBaseMs = 500;
const backoffMaxMs = 60_000;
/** A connection that held this long makes earlier failures forgotten. */
const healthyMs = 10_000;
/** Longest wait for an answer: of the relay, or of the app that is asked for a token. */
export const answerMsMax = 10_000;
/** Another token is asked for so long before the last one ends, but not before half of its life. */
const renewBeforeMs = 60_000;
/** An app that gave no token while the last one holds is asked again after this. */
const askAgainMs = 10_000;
/** Connections begun anew at once in a row; who must begin anew more often waits like who failed. */
const atOnceMax = 3;

const emptyWindow: PushWindow = {
  upTo: zeroVersionstamp,
  namesThere: new Set(),
  inFlight: new Map(),
  bytes: 0,
};

export const offSession: Session = {
  phase: "off",
  wakeAtMs: null,
  attempts: 0,
  liveSinceMs: null,
  pingAtMs: null,
  pingedAtMs: null,
  renewAtMs: null,
  token: null,
  wasRefused: false,
  hello: null,
  welcome: null,
  head: 0,
  window: emptyWindow,
  rulings: [],
  pausedAt: null,
  fill: null,
  fills: 0,
  comparingAt: null,
  error: null,
};

/** A session without a connection; what outlives one stays. */
const unconnected = ({ attempts, wasRefused, head, fills, error }: Session): Session => ({
  ...offSession,
  attempts,
  wasRefused,
  head,
  fills,
  error,
});

/** Begins from nothing: earlier failures do not count. */
export const start = (session: Session, _event: unknown, context: SessionContext): SessionStep =>
  begin({ ...session, attempts: 0, wasRefused: false }, undefined, context);

/** Asks for a token where the app gives some, then connects. */
export const begin = (session: Session, _event: unknown, context: SessionContext): SessionStep => {
  if (!context.givesTokens) return connect(session, context);
  return {
    session: { ...unconnected(session), phase: "asking", wakeAtMs: context.nowMs + answerMsMax },
    effects: [{ type: "askToken" }],
  };
};

export const takeToken = (
  session: Session,
  { token }: SessionEvent & { type: "token" },
  context: SessionContext,
): SessionStep => connect({ ...session, token }, context);

const connect = (session: Session, { nowMs }: SessionContext): SessionStep => ({
  session: {
    ...unconnected(session),
    token: session.token,
    phase: "connecting",
    wakeAtMs: nowMs + answerMsMax,
  },
  effects: [{ type: "open" }],
});

export const greet = (
  session: Session,
  _event: unknown,
  { nowMs, bucket, replica }: SessionContext,
): SessionStep => {
  const { epoch, received, followed } = replica.session;
  const hello: Hello = {
    type: "hello",
    protocol: { min: protocolVersion, max: protocolVersion },
    bucket,
    replica: replica.replica ?? "",
    epoch,
    cursor: received,
    follow: followed,
    clockMs: nowMs,
    ...(session.token === null ? {} : { token: session.token }),
  };
  return {
    session: { ...session, phase: "greeting", hello, wakeAtMs: nowMs + answerMsMax },
    effects: [{ type: "send", messages: [hello] }],
  };
};

export const adopt = (session: Session, welcome: Welcome, { replica }: SessionContext): SessionStep => {
  if (session.hello === null) return { session, effects: [] };
  // At once, not only when it is adopted: patches for the other one may be right behind.
  if (!isSubjectOf(replica.session, welcome.subject)) return stopForSubject({ ...session, welcome });
  return {
    session: { ...session, phase: "adopting", wakeAtMs: null, welcome, head: welcome.head },
    effects: [{ type: "adopt", hello: session.hello, welcome }],
  };
};

export const stop = (session: Session): SessionStep => ({
  session: { ...unconnected(session), attempts: 0 },
  effects: isOpen(session) ? [{ type: "close" }] : [],
});

const isOpen = ({ phase }: Session): boolean =>
  phase === "connecting" ||
  phase === "greeting" ||
  phase === "adopting" ||
  phase === "live" ||
  phase === "filling";

/** The connection is gone, or of no use: wait, the longer the more often it failed, with full jitter. */
export const fail = (
  session: Session,
  { permanent, reason }: { readonly permanent: boolean; readonly reason: string },
  { nowMs, random }: SessionContext,
  retryAfterMs = 0,
): SessionStep => {
  const attempts = attemptsWith(session, nowMs);
  const ceilingMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(attempts - 1, 16));
  const error = new KvError(permanent ? "protocol" : "offline", reason);
  const next = { ...unconnected(session), attempts, error };
  if (permanent) return { session: { ...next, phase: "stopped" }, effects: [] };
  const wakeAtMs = nowMs + Math.max(retryAfterMs, random * ceilingMs);
  return { session: { ...next, phase: "waiting", wakeAtMs }, effects: [] };
};

/** This one included. */
const attemptsWith = ({ attempts, liveSinceMs }: Session, nowMs: number): number =>
  liveSinceMs !== null && nowMs - liveSinceMs >= healthyMs ? 1 : attempts + 1;

/** As `fail`, where the connection is still open. */
export const giveUp = (session: Session, reason: string, context: SessionContext): SessionStep =>
  withClose(fail(session, { permanent: false, reason }, context));

const withClose = (step: SessionStep): SessionStep => ({
  ...step,
  effects: [{ type: "close" }, ...step.effects],
});

/** What was greeted with no longer holds: greet again on a new connection, at once. */
export const retreat = (session: Session, reason: string, { nowMs }: SessionContext): SessionStep =>
  withClose({
    session: {
      ...unconnected(session),
      phase: "waiting",
      wakeAtMs: nowMs,
      error: new KvError("offline", reason),
    },
    effects: [],
  });

/** As `retreat`, unless that happens again and again: others may move the replica as fast as this one greets. */
export const greetAgain = (session: Session, reason: string, context: SessionContext): SessionStep => {
  const attempts = attemptsWith(session, context.nowMs);
  return attempts > atOnceMax
    ? giveUp(session, reason, context)
    : retreat({ ...session, attempts }, reason, context);
};

/** The app gave no token to begin with. */
export const failTokenless = (
  session: Session,
  { reason }: SessionEvent & { type: "tokenless" },
  context: SessionContext,
): SessionStep => {
  const { session: next, effects } = fail(session, { permanent: false, reason }, context);
  return { session: { ...next, error: new KvError("unauthorized", reason) }, effects };
};

/** The relay ended the session. */
export const hearError = (session: Session, message: SessionError, context: SessionContext): SessionStep => {
  const reason = `the relay ended the session: ${message.message}`;
  switch (message.code) {
    case "unauthorized":
      return refuse(session, new KvError("unauthorized", reason), context);
    case "scope":
      return greetAgain(session, reason, context);
    case "version":
    case "malformed":
    case "too-large":
      return withClose(fail(session, { permanent: true, reason }, context));
    case "busy":
    case "closing":
    case "internal":
      return withClose(fail(session, { permanent: false, reason }, context, message.retryAfterMs));
  }
};

/** A token that was refused may have ended on its way: one more is asked for, then the app decides. */
const refuse = (session: Session, error: KvError, { nowMs, givesTokens }: SessionContext): SessionStep => {
  const next = { ...unconnected(session), wasRefused: true, error };
  return withClose(
    givesTokens && !session.wasRefused
      ? { session: { ...next, phase: "waiting", wakeAtMs: nowMs }, effects: [] }
      : { session: { ...next, phase: "refused" }, effects: [] },
  );
};

/** The welcome was for somebody else than whose replica this is. */
export const stopForSubject = (session: Session): SessionStep => {
  const named = session.welcome?.subject ?? "nobody";
  const error = new KvError(
    "unauthorized",
    `the token names the subject "${named}", and this replica is another's: nothing was sent. Open the bucket with the option user of the one who is signed in`,
  );
  return withClose({ session: { ...unconnected(session), phase: "stopped", error }, effects: [] });
};

export const renewAtMs = (expiresInMs: number | null, nowMs: number): number | null =>
  expiresInMs === null ? null : nowMs + Math.max(expiresInMs / 2, expiresInMs - renewBeforeMs);

/** The token will end: another one, while the session goes on. */
export const askToRenew = (session: Session): SessionStep => ({
  session: { ...session, renewAtMs: null },
  effects: [{ type: "askToken" }],
});

export const sendToken = (session: Session, { token }: SessionEvent & { type: "token" }): SessionStep => ({
  session: { ...session, token },
  effects: [{ type: "send", messages: [{ type: "auth", token }] }],
});

export const askAgainLater = (session: Session, _event: unknown, { nowMs }: SessionContext): SessionStep => ({
  session: { ...session, renewAtMs: nowMs + askAgainMs },
  effects: [],
});
