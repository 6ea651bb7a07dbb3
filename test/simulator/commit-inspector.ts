/**
 * Looks at what a tab says of its device's commits: which are pending, which hidden, which ruled, and
 * whether that is what the oracle ruled and the tab has been shown.
 */
import type { TrackedCommit } from "@rockpool/log";
import { type Check, isInScope, nameKey } from "@rockpool/model";
import type { ReplicaState } from "@rockpool/replica";
import type { DeviceHistory } from "./device-history.ts";
import type { Oracle, Snapshot } from "./oracle.ts";
import { seePremises } from "./see-premises.ts";
import { same, Violation } from "./violation.ts";
import type { VirtualDevice } from "./virtual-device.ts";
import type { Base, SeenCommit } from "./seen.ts";

/** How far the commits of a tab were looked at. */
export interface CommitsSeen {
  /** What is confirmed in it. */
  base: Base | undefined;
  /** The commits up to here were seen ruled in it. */
  readonly unruled: Set<string>;
  read: number;
}

export class CommitInspector {
  readonly #oracle: Oracle;

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  /** A commit is pending until its ruling is shown, and not a moment longer. */
  look(device: VirtualDevice, history: DeviceHistory, record: CommitsSeen, state: ReplicaState): void {
    const { base } = record;
    const { commits } = history;
    for (; record.read < commits.length; record.read++) {
      const commit = commits[record.read];
      if (commit === undefined || commit.position > state.tail) break;
      record.unruled.add(commit.text);
      if (commit.position === state.tail) this.#seeNew({ device, history, base }, state, commit);
    }
    if (state.session.fillDue) return;
    const { epoch, revealed } = state.session;
    const ruled = this.#oracle.historyAt(epoch)?.resultByName;
    for (const name of record.unruled) {
      const tracked = state.tracked.get(name);
      const at = `${device.name}, commit ${name}`;
      const parts = tracked === undefined ? history.leavesOf(name) : [name];
      if (parts.length > 1) {
        record.unruled.delete(name);
        for (const part of parts) record.unruled.add(part);
        continue;
      }
      if (tracked === undefined) {
        // The app may have decided on it since.
        if ((history.decidedAt.get(name) ?? Number.POSITIVE_INFINITY) <= state.tail) {
          record.unruled.delete(name);
        } else throw new Violation({ invariant: 1, at, expected: "to be tracked", found: "nothing of it" });
        continue;
      }
      const result = ruled?.get(name);
      const revision = result?.revision;
      const isShown = revision !== undefined && revision <= revealed;
      const isUnruled = tracked.state === "pending" || tracked.state === "hidden";
      // A copy of the device may have had the same retry ruled before this one was made: the answer tells.
      if (isShown && isUnruled && !name.includes(":")) {
        const expected = `ruled at ${revision}, shown up to ${revealed}`;
        throw new Violation({ invariant: 3, at, expected, found: tracked.state });
      }
      // What a history that is gone rejected stays with the app.
      const isLost = tracked.state === "rejected" && this.#oracle.hasLostRejection(name);
      const mayBeRuled = isShown || isLost || tracked.reason?.type === "unknown";
      if (!mayBeRuled && !isUnruled && this.#oracle.resultOfAnother(name) === undefined) {
        const expected = `pending, ruled at ${revision ?? "no revision"}, shown up to ${revealed}`;
        throw new Violation({ invariant: 5, at, expected, found: tracked.state });
      }
      if (tracked.state === "hidden" && tracked.commit.checks.length === 0) {
        throw new Violation({ invariant: 5, at, expected: "a blind commit to be shown", found: "hidden" });
      }
      // Should the relay lose it, it is given back with the stamp that it was given.
      if (tracked.state === "confirmed" && tracked.revision === revision) {
        same(6, at, result?.stamp, tracked.commit.stamp);
      }
      if (!isUnruled) record.unruled.delete(name);
      if (isUnruled && !name.includes(":")) this.#seeHolds(at, { history, base }, state, tracked);
    }
  }

  /**
   * A checked commit that can no longer hold is hidden by the patch that says so, or by the next one after a
   * fill that did; and no other is. A part that is set aside says nothing.
   */
  #seeHolds(
    at: string,
    { history, base }: { readonly history: DeviceHistory; readonly base: Base | undefined },
    state: ReplicaState,
    { state: found, commit: { name, checks } }: TrackedCommit,
  ): void {
    const { last } = history;
    if (checks.length === 0 || last?.type !== "patch" || last.position !== state.tail) return;
    if (!last.patch.upToDate) return;
    const snapshot = base && this.#oracle.snapshotAt(base);
    const revisions = checks.map(({ key, premise }) =>
      premise.type === "revision" && isInScope(base?.scope ?? [], key)
        ? [premise.revision, snapshot?.get(key)?.revision]
        : [],
    );
    const hasFailed = revisions.some(([seen, now]) => now !== undefined && seen !== now);
    // The same number in another epoch may be another revision.
    const isOfEpoch = checks.every(
      ({ premise }) => premise.type === "revision" && premise.epoch === base?.epoch,
    );
    const holds = isOfEpoch && revisions.every(([seen, now]) => seen !== undefined && seen === now);
    if (hasFailed && found === "pending") {
      throw new Violation({ invariant: 5, at, expected: "hidden", found });
    }
    const isHiddenNow = last.hidden.some((hidden) => nameKey(hidden) === nameKey(name));
    const mayHold =
      isHiddenNow && base !== undefined && !checks.some((check) => mayFail(check, base, snapshot));
    if ((holds || mayHold) && found === "hidden") {
      throw new Violation({ invariant: 5, at, expected: "pending", found });
    }
  }

  #seeNew(
    { device, history, base }: Pick<CommitsSeen, "base"> & { device: VirtualDevice; history: DeviceHistory },
    state: ReplicaState,
    commit: SeenCommit,
  ): void {
    const snapshot = base && this.#oracle.snapshotAt(base);
    if (base === undefined || snapshot === undefined) return;
    seeStamp(device, { base, snapshot }, state, commit);
    seePremises(commit, { at: device.name, commits: history.commitsAndParts, base, snapshot, state });
  }
}

/** False for a check of which nobody here can say that it does not hold: of a key that is not followed, too. */
const mayFail = (
  { key, premise }: Check,
  { scope, epoch }: Base,
  snapshot: Snapshot | undefined,
): boolean => {
  if (premise.type === "written") return true;
  if (!isInScope(scope, key)) return false;
  const entry = snapshot?.get(key);
  if (premise.type === "absent") return entry?.value !== undefined;
  // The same number in another epoch may be another revision.
  return entry?.revision !== premise.revision || premise.epoch !== epoch;
};

/** A commit comes after everything its writer saw. */
const seeStamp = (
  device: VirtualDevice,
  { base, snapshot }: { readonly base: Base; readonly snapshot: Snapshot },
  state: ReplicaState,
  { text }: SeenCommit,
): void => {
  const stamp = state.tracked.get(text)?.commit.stamp;
  if (stamp === undefined) return;
  for (const { key, touched } of snapshot.values()) {
    if (touched.stamp < stamp || !isInScope(base.scope, key)) continue;
    const at = `${device.name}, commit ${text}`;
    throw new Violation({
      invariant: 5,
      at,
      key,
      expected: `a stamp above ${touched.stamp}`,
      found: stamp,
    });
  }
};
