/**
 * Filling anew from the relay, for whatever reason: all entries of the scope by key, page by page, then
 * patches from the cursor until they are up to date, then one row that shows it all. What arrives is
 * stored beside what stands; the host does that, and says when it is done.
 */
import { equalScopes, isInScope, type PackedKey } from "@rockpool/model";
import type { Fill, PageMessage, PatchMessage, Pull } from "@rockpool/protocol";
import {
  type FillPart,
  type FillProgress,
  type FillSource,
  type Session,
  type SessionContext,
  type SessionEffect,
  type SessionEvent,
  type SessionStep,
  stay,
} from "./session-event.ts";
import type { ReplicaState } from "./state.ts";

/** A catch-up of more than this is a fill: it is held in memory and in the log until it is revealed. */
const setAsideEntriesMax = 20_000;
const setAsideBytesMax = 8 * 1024 * 1024;
/** Parts that may be on their way into storage when the next page is asked for. */
const storingMax = 2;

const firstKey = "" as PackedKey;

export const needsFill = (session: Session, { session: replica }: ReplicaState): boolean => {
  if (replica.epoch === null || replica.epoch !== session.welcome?.epoch) return false;
  if (replica.fillDue) return true;
  if (replica.received === 0 && session.welcome.head > setAsideEntriesMax) return true;
  const aside = replica.setAside;
  return aside !== null && (aside.entries.size > setAsideEntriesMax || aside.bytes > setAsideBytesMax);
};

export const beginFill = (session: Session, { replica }: SessionContext): SessionStep => {
  const id = session.fills + 1;
  const { scope, confirmedScope, fillDue, fillsAll, revealed } = replica.session;
  // What is confirmed is of use only where it is but of another scope.
  const kept = fillDue && !fillsAll ? scope.filter((prefix) => isInScope(confirmedScope, prefix)) : [];
  const rest = scope.map((prefix): FillSource => ({
    from: kept.includes(prefix) ? "here" : "relay",
    prefix,
  }));
  const fill: FillProgress = {
    id,
    stage: "pages",
    within: undefined,
    rest: kept.length === 0 ? [] : rest,
    after: firstKey,
    filledTo: null,
    head: 0,
    received: revealed,
    storing: 0,
    isHeld: false,
  };
  const next: Session = { ...session, phase: "filling", fill, fills: id, comparingAt: null, pausedAt: null };
  const first = kept.length === 0 ? step(next, fill, askForPage(next, fill)) : goOnFilling(next, fill);
  return { session: first.session, effects: [{ type: "beginFill", id }, ...first.effects] };
};

/** Copies what comes from here, up to the next part that the relay is asked for; then asks for patches. */
const goOnFilling = (session: Session, fill: FillProgress): SessionStep => {
  const count = fill.rest.findIndex(({ from }) => from === "relay");
  const copied = count === -1 ? fill.rest : fill.rest.slice(0, count);
  const copies = copied.map(({ prefix }): SessionEffect => ({ type: "copyFill", id: fill.id, prefix }));
  const storing = fill.storing + copied.length;
  const asked = count === -1 ? undefined : fill.rest[count];
  if (asked === undefined) {
    const ended: FillProgress = { ...fill, stage: "patches", rest: [], storing };
    return step(session, ended, [...copies, ...askForPatches(session, ended)]);
  }
  const rest = fill.rest.slice(count + 1);
  const next: FillProgress = { ...fill, within: asked.prefix, rest, after: firstKey, storing };
  return step(session, next, [...copies, ...askForPage(session, next)]);
};

export const takePage = (session: Session, page: PageMessage): SessionStep => {
  const { fill, welcome } = session;
  const isAwaited =
    fill?.stage === "pages" &&
    welcome !== null &&
    page.epoch === welcome.epoch &&
    equalScopes(page.scope, welcome.scope) &&
    page.after === fill.after;
  if (!isAwaited) return stay(session);
  const part = { entries: page.entries, results: [], stamp: page.stamp };
  const next: FillProgress = {
    ...fill,
    filledTo: fill.within === undefined ? (fill.filledTo ?? page.head) : null,
    head: Math.max(fill.head, page.head),
    storing: fill.storing + 1,
  };
  if (page.next === null) {
    const { session: going, effects } = goOnFilling(session, next);
    return { session: going, effects: [store(next, part), ...effects] };
  }
  const isHeld = next.storing > storingMax;
  const going: FillProgress = { ...next, after: page.next, isHeld };
  return step(session, going, [store(going, part), ...(isHeld ? [] : askForPage(session, going))]);
};

/** Patches pass over the stretch from the cursor to now: changes since the first page, and rulings. */
export const takePatch = (session: Session, { epoch, scope, patch, paused }: PatchMessage): SessionStep => {
  const { fill, welcome } = session;
  const isOfFill =
    fill?.stage === "patches" &&
    welcome !== null &&
    epoch === welcome.epoch &&
    equalScopes(scope, welcome.scope);
  if (!isOfFill) return stay(session);
  const isLast = paused === true || patch.upToDate;
  // Of an earlier answer than the last: what it ends with leaves a gap that nothing else would close.
  if (patch.from !== fill.received) {
    return isLast && patch.from > fill.received
      ? step(session, fill, askForPatches(session, fill))
      : stay(session);
  }
  const isEnd = patch.upToDate && patch.to >= fill.head;
  const storing = fill.storing + 1;
  // Up to date, but read before a page was: what is missing to that page's head comes next.
  const asks = !isEnd && isLast;
  const isHeld = asks && storing > storingMax;
  const next: FillProgress = {
    ...fill,
    stage: isEnd ? "ready" : "patches",
    received: patch.to,
    storing,
    isHeld,
  };
  return step({ ...session, head: Math.max(session.head, patch.head) }, next, [
    store(next, patch),
    ...(asks && !isHeld ? askForPatches(session, next) : []),
  ]);
};

/** A part is stored: there is room for the next ones, or all is there to be shown. */
export const onStored = (session: Session, { id }: SessionEvent & { type: "stored" }): SessionStep => {
  const { fill } = session;
  if (fill === null || id !== fill.id) return stay(session);
  const next: FillProgress = { ...fill, storing: fill.storing - 1, isHeld: false };
  if (fill.isHeld && next.storing > storingMax) return step(session, { ...next, isHeld: true }, []);
  if (fill.isHeld) {
    return step(
      session,
      next,
      next.stage === "pages" ? askForPage(session, next) : askForPatches(session, next),
    );
  }
  if (next.stage !== "ready" || next.storing > 0) return step(session, next, []);
  return step(session, next, [{ type: "revealFill", id, to: next.received }]);
};

const step = (session: Session, fill: FillProgress, effects: readonly SessionEffect[]): SessionStep => ({
  session: { ...session, fill },
  effects,
});

const store = ({ id }: FillProgress, { entries, results, stamp }: FillPart): SessionEffect => ({
  type: "storeFill",
  id,
  part: { entries, results, stamp },
});

const askForPage = ({ welcome }: Session, { after, within }: FillProgress): readonly SessionEffect[] => {
  if (welcome === null) return [];
  const fill: Fill = {
    type: "fill",
    epoch: welcome.epoch,
    after,
    ...(within === undefined ? {} : { within }),
  };
  return [{ type: "send", messages: [fill] }];
};

const askForPatches = (
  { welcome }: Session,
  { received, filledTo }: FillProgress,
): readonly SessionEffect[] => {
  if (welcome === null) return [];
  const pull: Pull = { type: "pull", epoch: welcome.epoch, from: received };
  return [{ type: "send", messages: [filledTo === null ? pull : { ...pull, filledTo }] }];
};
