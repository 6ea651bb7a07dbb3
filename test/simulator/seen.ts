/**
 * What was seen on a disk, as those who look at it tell each other of it: commits, what is confirmed, and
 * what a bucket held before it had a relay.
 */
import type {
  Commit,
  EpochId,
  PackedKey,
  Position,
  Revision,
  Scope,
  Value,
  Versionstamp,
} from "@rockpool/model";

export interface HeldEntry {
  readonly value: Value;
  readonly expireAt?: number;
  readonly versionstamp: Versionstamp;
}

export type Held = ReadonlyMap<PackedKey, HeldEntry>;

/** A commit as its row has it. */
export interface SeenCommit extends Pick<Commit, "name" | "tag" | "checks" | "mutations"> {
  readonly text: string;
  readonly position: Position;
  readonly versionstamp: Versionstamp;
  /** Its caller waits for the ruling. */
  readonly isAwaited: boolean;
}

/** A point in a history, and what of it is followed. */
export interface Base {
  readonly epoch: EpochId | null;
  readonly revision: Revision;
  readonly scope: Scope;
  /** What was confirmed before there was a relay, until a fill takes its place. */
  readonly held?: Held;
}
