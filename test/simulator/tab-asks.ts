/**
 * What apps ask of a tab in a virtual world, and what they are shown, as text.
 */
import type { FeedRequest, TransportEntry, TransportMutation } from "@rockpool/host";
import { type Mutation, type PackedKey, type Versionstamp, wholeRange } from "@rockpool/model";
import { textOfValue } from "./expected-view.ts";

/** What an app asks of a commit. */
export interface Ask {
  readonly checks?: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
  readonly mutations: readonly (TransportMutation | Mutation)[];
  readonly confirm?: "relay";
}

/** Follows everything. */
export const everyChange: FeedRequest = {
  type: "changes",
  selection: { type: "range", range: wholeRange },
  since: undefined,
  include: "latest",
  values: true,
  deletes: true,
  pending: false,
};

/** What a feed gave, up to one state. */
export interface FeedState {
  /** What was given before counts no more: everything follows. */
  readonly isReset: boolean;
  readonly entries: readonly TransportEntry[];
  readonly versionstamp: Versionstamp;
}

/** A value as text; undefined where there is none. */
export const textOf = (value: TransportEntry["value"]): string | undefined => {
  if (value === undefined) return undefined;
  if (value.encoding === "clone") throw new Error("these tests write no clones");
  return textOfValue(value);
};

/** Entries as texts by key; deleted ones as undefined. */
export const textOfEntries = (
  entries: readonly TransportEntry[],
): ReadonlyMap<PackedKey, string | undefined> =>
  new Map(entries.map(({ key, value }) => [key, textOf(value)]));
