/**
 * Which pending commits to send next: in log order, each once a connection, within the relay's limits.
 */
import { type Commit, commitBytes, nameKey, type Versionstamp } from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";
import type { ReplicaState } from "./state.ts";

/** What was sent on this connection and is not yet ruled. */
export interface PushWindow {
  /** Everything up to here was sent. */
  readonly upTo: Versionstamp;
  /** Bytes of the commits that are under way, by name. */
  readonly inFlight: ReadonlyMap<string, number>;
  readonly bytes: number;
}

export interface NextPush {
  readonly commits: readonly Commit[];
  readonly window: PushWindow;
}

/** The commits that fit the window now; one larger than the window goes alone. */
export const nextPush = (window: PushWindow, state: ReplicaState, limits: RelayLimits): NextPush => {
  const commits: Commit[] = [];
  const inFlight = new Map(window.inFlight);
  let { upTo, bytes } = window;
  for (const tracked of state.unruled.values()) {
    if (tracked.versionstamp <= window.upTo) continue;
    const size = commitBytes(tracked.commit.checks, tracked.commit.mutations);
    const fits = inFlight.size < limits.pushCommitsMax && bytes + size <= limits.pushBytesMax;
    if (!fits && inFlight.size > 0) break;
    commits.push(tracked.commit);
    inFlight.set(nameKey(tracked.commit.name), size);
    bytes += size;
    upTo = tracked.versionstamp;
  }
  return { commits, window: { upTo, inFlight, bytes } };
};
