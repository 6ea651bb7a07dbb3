/**
 * What the relay made of this device's commits, as it travels between a host and its tab.
 */
import type { Mutation, PackedError, PackedKey, RejectionReason, Versionstamp } from "@rockpool/model";
import type { TransportEntry, TransportValue } from "./transport-entry.ts";

export interface TransportRejectedCommit {
  readonly versionstamp: Versionstamp;
  readonly reason: RejectionReason;
  readonly checks: readonly PackedKey[];
  readonly mutations: readonly TransportRejectedMutation[];
}

export interface TransportRejectedMutation {
  readonly type: Mutation["type"];
  readonly key: PackedKey;
  readonly mine: TransportValue | undefined;
  readonly theirs: TransportEntry;
}

export interface TransportRejectedGroup {
  readonly id: string;
  readonly commits: readonly TransportRejectedCommit[];
}

/** A key of a rejected group on which the app may decide by itself. */
export interface TransportConflict {
  readonly key: PackedKey;
  readonly mine: TransportValue | undefined;
  readonly theirs: TransportEntry;
  /** What was written over, where it is kept. */
  readonly base?: TransportValue;
}

export interface TransportConflictGroup {
  readonly id: string;
  readonly conflicts: readonly TransportConflict[];
}

/** What the app decides on a group in conflict. */
export type TransportResolution = { readonly id: string } & (
  | {
      readonly type: "retry";
      /** What is to be set in place of what was. */
      readonly values: readonly { readonly key: PackedKey; readonly value: TransportValue }[];
    }
  | { readonly type: "discard" }
  /** It stays in the list. `error`: because the app's function failed. */
  | { readonly type: "leave"; readonly error?: PackedError }
);

/** A write of an accepted commit that is not to be seen here. */
export interface TransportSuperseded {
  readonly versionstamp: Versionstamp;
  readonly reason: "superseded" | "scope";
  /** The name of the commit that the entry shows instead; null where this device may not know. */
  readonly winner: string | null;
  /** Ms since 1970. */
  readonly ruledAtMs: number;
  readonly mutation: TransportRejectedMutation;
}

export type TransportSettled =
  | { readonly type: "confirmed"; readonly revision: number; readonly superseded: readonly PackedKey[] }
  | { readonly type: "rejected"; readonly reason: RejectionReason };
