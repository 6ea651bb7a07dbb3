/**
 * The bucket's sync status as an app sees it, from the replica's state and what is known of the
 * session. Derived afresh each time: nothing here is remembered.
 */
import { equalScopes, msOfStamp, packError } from "@rockpool/model";
import { rejectedGroups, type ReplicaState, type SessionPhase } from "@rockpool/replica";
import type { TransportStatus } from "../host-api.ts";
import type { SessionNews } from "../tabs.ts";

export interface StatusSources {
  /** The last news of the session; undefined while nobody told of one. */
  readonly news: SessionNews | undefined;
  /** True when this host carries the session. */
  readonly isHolder: boolean;
  readonly tabs: number;
  /** The last failure in the background, if any. */
  readonly failure: unknown;
}

export const statusOf = (
  state: ReplicaState,
  { news, isHolder, tabs, failure }: StatusSources,
): TransportStatus => {
  return {
    state: syncState(state, news),
    pending: state.pendingCount,
    oldestPendingMs: oldestPendingMs(state),
    rejected: state.rejectedCount === 0 ? 0 : rejectedGroups(state).length,
    tabs,
    syncing: isHolder,
    error: failure === undefined ? (news?.error ?? null) : packError(failure),
    followed: state.session.followed,
  };
};

/** True in a session, when all that the relay is known to have is shown here. */
export const isUpToDate = ({ session }: ReplicaState, news: SessionNews | undefined): boolean => {
  const { received, revealed, fillDue, paused } = session;
  return isHeard(news) && !paused && !fillDue && received === revealed && revealed >= (news?.head ?? 0);
};

/** True while a session is welcomed. */
export const isHeard = (news: SessionNews | undefined): boolean =>
  news?.phase === "live" || news?.phase === "filling";

/** True when an app would see no difference. */
export const isSameStatus = (a: TransportStatus, b: TransportStatus | undefined): boolean =>
  b !== undefined &&
  a.state === b.state &&
  a.pending === b.pending &&
  a.oldestPendingMs === b.oldestPendingMs &&
  a.rejected === b.rejected &&
  a.tabs === b.tabs &&
  a.syncing === b.syncing &&
  a.error?.message === b.error?.message &&
  equalScopes(a.followed, b.followed);

const oldestPendingMs = (state: ReplicaState): number | null => {
  for (const { commit } of state.unruled.values()) return msOfStamp(commit.stamp);
  return null;
};

const syncState = (state: ReplicaState, news: SessionNews | undefined): TransportStatus["state"] => {
  if (state.replica === null) return "off";
  if (state.session.paused) return "paused";
  switch ((news?.phase ?? "connecting") as SessionPhase) {
    case "live":
    case "filling":
      return state.pendingCount === 0 && isUpToDate(state, news) ? "synced" : "syncing";
    case "waiting":
      return "offline";
    case "stopped":
      return "stopped";
    case "refused":
      return "unauthorized";
    case "off":
    case "asking":
    case "connecting":
    case "greeting":
    case "adopting":
      // A new attempt after a failure is still offline, as far as anybody can tell.
      return news?.error == null ? "connecting" : "offline";
  }
};
