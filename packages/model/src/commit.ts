/**
 * A commit as it is named, kept, sent and ruled: checks with their premises, and mutations.
 * Pure data, the same in a log row, in the pending records, on the wire and at the relay.
 */
import type { PackedKey } from "./packed-key.ts";
import type { HostId, Stamp } from "./stamp.ts";
import type { Value } from "./value.ts";

/** A place in the bucket's history at the relay: 1, 2, 3 …; every ruled commit takes the next one. */
export type Revision = number;

/** The random id of a stretch of that history. With a revision it names a point for good. */
export type EpochId = string;

/** The random id of one device's copy of a bucket; a clone of the device shares it. */
export type ReplicaId = string;

/** (host, n): a host's random id and its own count of commits. Never given twice, never changed. */
export interface CommitName {
  readonly host: HostId;
  /** Counts from 1 within the host; gaps are allowed. */
  readonly n: number;
}

/** What a check says its writer saw. */
export type Premise =
  /** No entry stood under the key. */
  | { readonly type: "absent" }
  /** The entry as the relay's commit of this revision left it; holds within the epochs that share it. */
  | { readonly type: "revision"; readonly epoch: EpochId; readonly revision: Revision }
  /** The entry as this commit, still pending when it was seen, left it: with a value of this digest. */
  | { readonly type: "written"; readonly by: CommitName; readonly digest: string };

export interface Check {
  readonly key: PackedKey;
  readonly premise: Premise;
}

export type Mutation =
  | {
      readonly type: "set";
      readonly key: PackedKey;
      readonly value: Value;
      readonly expireAt?: number;
      /** Written before the bucket had a relay: it counts only where the relay never had anything. */
      readonly initial?: true;
    }
  | {
      readonly type: "delete";
      readonly key: PackedKey;
      /** The key's older versions on this device go with it; the relay hears of a delete. */
      readonly purge?: true;
    }
  | { readonly type: "sum" | "min" | "max"; readonly key: PackedKey; readonly operand: bigint }
  | {
      /** One more update of a document, which it creates where there is none. */
      readonly type: "merge";
      readonly key: PackedKey;
      /** A Yjs update of format v1. Never written to once it is a mutation. */
      readonly update: Uint8Array;
      /** That of the document its writer saw; null when there was none, or only what waits for the relay. */
      readonly incarnation: Revision | null;
      /** Written before the bucket had a relay. It matters to this device alone. */
      readonly initial?: true;
    };

type Merge = Extract<Mutation, { readonly type: "merge" }>;

/** A mutation as it is asked for: a merge that names no incarnation is for whatever document stands there. */
export type AskedMutation =
  | Exclude<Mutation, Merge>
  | (Omit<Merge, "incarnation"> & { readonly incarnation?: Revision | null });

/** One atomic batch of checks and mutations. */
export interface Commit {
  readonly name: CommitName;
  /** Random, kept with the result: tells a name that was reused by the image of a running machine. */
  readonly tag: string;
  readonly stamp: Stamp;
  readonly checks: readonly Check[];
  readonly mutations: readonly Mutation[];
}

/** A name as a map key and as text: `host.n`. */
export const nameKey = (name: CommitName): string => `${name.host}.${name.n}`;

/**
 * The name under which a commit is tried again: the first name it stands for becomes the host, and
 * the attempts are counted. Derived, so that two copies of a device that retry a commit do it once.
 */
export const retryName = (name: CommitName): CommitName =>
  name.host.includes(":") ? { host: name.host, n: name.n + 1 } : { host: `${name.host}:${name.n}`, n: 1 };

/** True for a delete that also drops the older versions of its key. */
export const isPurge = (mutation: Mutation): boolean => mutation.type === "delete" && mutation.purge === true;

/** True when a commit asks nothing: it is ruled by stamp alone (last write wins). */
export const isBlind = (commit: Pick<Commit, "checks">): boolean => commit.checks.length === 0;
