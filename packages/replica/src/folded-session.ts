/**
 * What a replica has folded of its sessions with the relay: where it stands in the bucket's history,
 * what it follows, and what it has received and not yet shown.
 */
import {
  type CommitLimits,
  type CommitResult,
  entryBytes,
  type EpochId,
  type PackedKey,
  type Patch,
  type PatchEntry,
  type Revision,
  type Scope,
  equalScopes,
  wholeBucket,
} from "@rockpool/model";
import type { SessionState } from "@rockpool/log";
import { joinEntries } from "./appended.ts";

/** Parts of a catch-up that are not shown yet. */
export interface SetAside {
  readonly entries: Map<PackedKey, PatchEntry>;
  readonly results: CommitResult[];
  /** Bytes of the entries that came, about. */
  bytes: number;
  /** The highest head any part was read at. */
  head: Revision;
}

export interface FoldedSession {
  epoch: EpochId | null;
  /** The epoch whose history the confirmed entries lie in: behind `epoch` only while a fill is due. */
  confirmedEpoch: EpochId | null;
  /** Up to where history was received; ahead of `revealed` only while parts are set aside. */
  received: Revision;
  /** Up to where history is shown; while a fill is due, up to where it is shared with the relay. */
  revealed: Revision;
  scope: Scope;
  /** The scope of what is confirmed here: behind `scope` only while a fill is due. Nothing is known of other keys. */
  confirmedScope: Scope;
  followed: Scope;
  clockOffsetMs: number;
  paused: boolean;
  /** What is confirmed here waits for a fill to take its place: no patch applies before. */
  fillDue: boolean;
  /** With `fillDue`: what is confirmed here is of another history or differs, so that all of it is to be filled. */
  fillsAll: boolean;
  /** A fill was shown since the last patch: pending checks are still to be held against what it put in place. */
  checksDue: boolean;
  setAside: SetAside | null;
  /** Whose replica this is; null while no relay has said. */
  subject: string | null;
  /** What the relay takes; null while none has said. */
  limits: CommitLimits | null;
  /** When this replica was last compared with the relay, in ms since 1970; 0: not since its last fill. */
  verifiedAtMs: number;
  /** When it was last found to differ, in ms since 1970; 0: never. */
  differedAtMs: number;
}

/** False when the replica is another subject's; a relay that asks for no token names nobody. */
export const isSubjectOf = (session: Pick<FoldedSession, "subject">, subject: string | null): boolean =>
  subject === null || session.subject === null || subject === session.subject;

/** The session as a checkpoint left it. */
export const foldedSession = (stored: SessionState | undefined): FoldedSession => ({
  epoch: stored?.epoch ?? null,
  confirmedEpoch: (stored?.confirmedEpoch === undefined ? stored?.epoch : stored.confirmedEpoch) ?? null,
  received: stored?.cursor ?? 0,
  revealed: stored?.cursor ?? 0,
  scope: stored?.scope ?? wholeBucket,
  confirmedScope: stored?.confirmedScope ?? stored?.scope ?? wholeBucket,
  followed: stored?.followed ?? wholeBucket,
  clockOffsetMs: stored?.clockOffsetMs ?? 0,
  paused: stored?.paused ?? false,
  fillDue: stored?.fillDue === true,
  fillsAll: stored?.fillsAll === true,
  checksDue: stored?.checksDue === true,
  setAside: null,
  subject: stored?.subject ?? null,
  limits: stored?.limits ?? null,
  verifiedAtMs: stored?.verifiedAtMs ?? 0,
  differedAtMs: stored?.differedAtMs ?? 0,
});

/** The session as a checkpoint keeps it. Nothing may be set aside. */
export const storedSession = (session: FoldedSession): SessionState => {
  const { epoch, confirmedEpoch, revealed, scope, followed, clockOffsetMs, paused } = session;
  const { confirmedScope, fillDue, fillsAll, checksDue, subject, limits } = session;
  const { verifiedAtMs, differedAtMs } = session;
  return {
    epoch,
    cursor: revealed,
    scope,
    followed,
    clockOffsetMs,
    paused,
    ...(confirmedEpoch === epoch ? {} : { confirmedEpoch }),
    ...(equalScopes(confirmedScope, scope) ? {} : { confirmedScope }),
    ...(fillDue ? { fillDue } : {}),
    ...(fillsAll ? { fillsAll } : {}),
    ...(checksDue ? { checksDue } : {}),
    ...(subject === null ? {} : { subject }),
    ...(limits === null ? {} : { limits }),
    ...(verifiedAtMs === 0 ? {} : { verifiedAtMs }),
    ...(differedAtMs === 0 ? {} : { differedAtMs }),
  };
};

/** Sets a part of a catch-up aside. */
export const setAside = (session: FoldedSession, patch: Patch): SetAside => {
  session.setAside ??= { entries: new Map(), results: [], bytes: 0, head: patch.head };
  const aside = session.setAside;
  aside.head = Math.max(aside.head, patch.head);
  for (const entry of patch.entries) {
    aside.entries.set(entry.key, joinEntries(aside.entries.get(entry.key), entry));
    aside.bytes += entryBytes(entry);
  }
  aside.results.push(...patch.results);
  return aside;
};
