/**
 * Which pending commits to send next: in log order, each once a connection, within the relay's limits.
 */
import { type Commit, commitBytes, nameKey, type Versionstamp } from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";
import type { ReplicaState } from "./state.ts";

/** What was sent on this connection and is not yet ruled. */
export interface PushWindow {
  /** Everything before this was sent, and of what is here those names: the parts of a divided commit share it. */
  readonly upTo: Versionstamp;
  readonly namesThere: ReadonlySet<string>;
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
  let { upTo, namesThere, bytes } = window;
  for (const tracked of state.unruled.values()) {
    const { versionstamp } = tracked;
    const name = nameKey(tracked.commit.name);
    if (versionstamp < upTo || (versionstamp === upTo && namesThere.has(name))) continue;
    const size = commitBytes(tracked.commit.checks, tracked.commit.mutations);
    const fits = inFlight.size < limits.pushCommitsMax && bytes + size <= limits.pushBytesMax;
    if (!fits && inFlight.size > 0) break;
    commits.push(tracked.commit);
    inFlight.set(name, size);
    bytes += size;
    namesThere = versionstamp === upTo ? new Set([...namesThere, name]) : new Set([name]);
    upTo = versionstamp;
  }
  return { commits, window: { upTo, namesThere, inFlight, bytes } };
};
