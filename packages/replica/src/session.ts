/**
 * The session with the relay as a pure state machine: what is to be done when something happens.
 * No socket, clock or random number inside: times and draws come with the events, and effects are
 * data for the host to carry out in order. Whether what arrives applies is not decided here but by
 * the log, so a late, doubled or reordered message does no harm.
 */
import { type CommitResult, KvError, nameKey, zeroVersionstamp } from "@rockpool/model";
import { type DownMessage, type Hello, protocolVersion } from "@rockpool/protocol";
import { nextPush, type PushWindow } from "./push.ts";
import type { Session, SessionContext, SessionEvent, SessionStep } from "./session-event.ts";

const backoffBaseMs = 500;
const backoffMaxMs = 60_000;
/** A connection that held this long makes earlier failures forgotten. */
const healthyMs = 10_000;
const answerMsMax = 10_000;
const pingEveryMs = 25_000;

const emptyWindow: PushWindow = { upTo: zeroVersionstamp, inFlight: new Map(), bytes: 0 };

export const offSession: Session = {
  phase: "off",
  wakeAtMs: null,
  attempts: 0,
  liveSinceMs: null,
  pingedAtMs: null,
  hello: null,
  welcome: null,
  window: emptyWindow,
  rulings: [],
  error: null,
};

/** What follows from an event. */
export const nextSession = (session: Session, event: SessionEvent, context: SessionContext): SessionStep => {
  switch (event.type) {
    case "start":
      return session.phase === "off" ? connect({ ...session, attempts: 0 }, context) : stay(session);
    case "stop":
      return {
        session: { ...offSession, error: session.error },
        effects: isOpen(session) ? [{ type: "close" }] : [],
      };
    case "wake":
      if (session.phase === "live") return probe(session, 0, context);
      return session.phase === "waiting" ? connect(session, context) : stay(session);
    case "opened":
      return session.phase === "connecting" ? greet(session, context) : stay(session);
    case "closed":
      return isOpen(session) ? fail(session, event, context) : stay(session);
    case "message":
      return hear(
        { ...session, pingedAtMs: null, wakeAtMs: wakeAfterHearing(session, context) },
        event.message,
        context,
      );
    case "adopted":
      if (session.phase !== "adopting") return stay(session);
      return event.ok ? goLive(session, context) : retreat(session, context);
    case "gap":
      return session.phase === "live" ? pull(session, context) : stay(session);
    case "folded":
      return session.phase === "live" ? onFolded(session, context) : stay(session);
    case "probe":
      return session.phase === "live" ? probe(session, event.id, context) : stay(session);
    case "timer":
      return onTimer(session, context);
  }
};

const stay = (session: Session): SessionStep => ({ session, effects: [] });

const isOpen = (session: Session): boolean =>
  session.phase === "connecting" ||
  session.phase === "greeting" ||
  session.phase === "adopting" ||
  session.phase === "live";

const connect = (session: Session, { nowMs }: SessionContext): SessionStep => ({
  session: {
    ...session,
    phase: "connecting",
    wakeAtMs: nowMs + answerMsMax,
    window: emptyWindow,
    rulings: [],
    hello: null,
    welcome: null,
  },
  effects: [{ type: "open" }],
});

const greet = (session: Session, { nowMs, bucket, replica }: SessionContext): SessionStep => {
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
  };
  return {
    session: { ...session, phase: "greeting", hello, wakeAtMs: nowMs + answerMsMax },
    effects: [{ type: "send", messages: [hello] }],
  };
};

/** The connection is gone, or of no use: wait, the longer the more often it failed, with full jitter. */
const fail = (
  session: Session,
  { permanent, reason }: { permanent: boolean; reason: string },
  { nowMs, random }: SessionContext,
  retryAfterMs = 0,
): SessionStep => {
  const healthy = session.liveSinceMs !== null && nowMs - session.liveSinceMs >= healthyMs;
  const attempts = healthy ? 1 : session.attempts + 1;
  const ceilingMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(attempts - 1, 16));
  const error = new KvError(permanent ? "protocol" : "offline", reason);
  const next = { ...offSession, attempts, error };
  if (permanent) return { session: { ...next, phase: "stopped" }, effects: [] };
  return {
    session: { ...next, phase: "waiting", wakeAtMs: nowMs + Math.max(retryAfterMs, random * ceilingMs) },
    effects: [],
  };
};

const withClose = (step: SessionStep): SessionStep => ({
  ...step,
  effects: [{ type: "close" }, ...step.effects],
});

/** The replica moved on while the hello was answered: greet again on a new connection, at once. */
const retreat = (session: Session, context: SessionContext): SessionStep => {
  const step = fail(session, { permanent: false, reason: "the replica moved on during the hello" }, context);
  return withClose({
    ...step,
    session: { ...step.session, wakeAtMs: context.nowMs, attempts: session.attempts },
  });
};

const hear = (session: Session, message: DownMessage, context: SessionContext): SessionStep => {
  switch (message.type) {
    case "welcome":
      if (session.phase !== "greeting" || session.hello === null) return stay(session);
      return {
        session: { ...session, phase: "adopting", welcome: message },
        effects: [{ type: "adopt", hello: session.hello, welcome: message }],
      };
    case "patch": {
      const { epoch, scope, patch, paused } = message;
      const pull = { type: "pull", epoch, from: patch.to } as const;
      const more = paused === true ? ([{ type: "send", messages: [pull] }] as const) : [];
      return { session, effects: [{ type: "receive", received: { epoch, scope, patch } }, ...more] };
    }
    case "ruled":
      return hearRulings(session, message.results, context);
    case "page":
    case "renewed":
    case "verified":
      return stay(session);
    case "pong":
      return { session, effects: [{ type: "probed", id: message.id, head: message.head }] };
    case "error": {
      const permanent = ["version", "malformed", "too-large", "unauthorized"].includes(message.code);
      const reason = `the relay ended the session: ${message.message}`;
      return withClose(fail(session, { permanent, reason }, context, message.retryAfterMs));
    }
  }
};

const hearRulings = (
  session: Session,
  results: readonly CommitResult[],
  context: SessionContext,
): SessionStep => {
  const inFlight = new Map(session.window.inFlight);
  let { bytes } = session.window;
  for (const { name } of results) {
    bytes -= inFlight.get(nameKey(name)) ?? 0;
    inFlight.delete(nameKey(name));
  }
  const rulings = [...session.rulings, ...results];
  return onFolded({ ...session, rulings, window: { ...session.window, inFlight, bytes } }, context);
};

const onFolded = (session: Session, context: SessionContext): SessionStep => {
  const settled = settle(session, context);
  const pushed = push(settled.session, context);
  return { session: pushed.session, effects: [...settled.effects, ...pushed.effects] };
};

/**
 * Patches carry the results of what was ruled. A few come by answer alone (`unknown`; a name of which
 * a retry was ruled): they are kept until the cursor reaches their revision.
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

const goLive = (session: Session, context: SessionContext): SessionStep =>
  push(
    {
      ...session,
      phase: "live",
      liveSinceMs: context.nowMs,
      wakeAtMs: context.nowMs + pingEveryMs,
      error: null,
    },
    context,
  );

/** Sends what is pending and not yet sent; never while what is confirmed here waits to be replaced. */
const push = (session: Session, { replica }: SessionContext): SessionStep => {
  const { welcome } = session;
  const mayPush =
    session.phase === "live" &&
    welcome !== null &&
    replica.session.epoch === welcome.epoch &&
    !replica.session.reset;
  if (!mayPush) return stay(session);
  const { commits, window } = nextPush(session.window, replica, welcome.limits);
  if (commits.length === 0) return stay(session);
  return {
    session: { ...session, window },
    effects: [{ type: "send", messages: [{ type: "push", commits }] }],
  };
};

const pull = (session: Session, { replica }: SessionContext): SessionStep => {
  const { epoch, received } = replica.session;
  if (epoch === null || epoch !== session.welcome?.epoch) return stay(session);
  return { session, effects: [{ type: "send", messages: [{ type: "pull", epoch, from: received }] }] };
};

const probe = (session: Session, id: number, { nowMs }: SessionContext): SessionStep => ({
  session: {
    ...session,
    pingedAtMs: session.pingedAtMs ?? nowMs,
    wakeAtMs: (session.pingedAtMs ?? nowMs) + answerMsMax,
  },
  effects: [{ type: "send", messages: [{ type: "ping", id }] }],
});

const wakeAfterHearing = (session: Session, { nowMs }: SessionContext): number | null =>
  session.phase === "live" ? nowMs + pingEveryMs : session.wakeAtMs;

const onTimer = (session: Session, context: SessionContext): SessionStep => {
  if (session.wakeAtMs === null || context.nowMs < session.wakeAtMs) return stay(session);
  switch (session.phase) {
    case "waiting":
      return connect(session, context);
    case "connecting":
    case "greeting":
      return withClose(fail(session, { permanent: false, reason: "the relay did not answer" }, context));
    case "live":
      if (session.pingedAtMs === null) return probe(session, 0, context);
      return withClose(fail(session, { permanent: false, reason: "the relay fell silent" }, context));
    case "off":
    case "adopting":
    case "stopped":
      return stay({ ...session, wakeAtMs: null });
  }
};
