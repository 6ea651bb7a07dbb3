/**
 * A feed of changes, as an app asks for it and what it is given.
 */
import type { Key, PatternPart, Selector } from "@rockpool/model";
import type { KvEntryMaybe } from "../entry.ts";

/**
 * Which keys a feed of changes is about: those of a selector, given ones (at most 10,000), or those
 * of a shape, as `["users", any, "name"]` or `["users", any, rest]`.
 */
export type ChangesSelector =
  | Selector
  | { readonly keys: readonly Key[] }
  /** `any`: exactly one part, of any type. `rest`, as the last part: one or more parts. */
  | { readonly pattern: readonly PatternPart[] };

/**
 * One item of a feed of changes. `versionstamp`: where to resume, as `since`; all before it was given.
 * Of a feed that has not been `ready` yet it is where the feed began.
 */
export type ChangeItem<T, Entry = KvEntryMaybe<T>> =
  /**
   * Entries as they are now, each key once, all read at one state: what one commit changed is never
   * in two items. What is too much for that (initial values above 1,000 entries or 1 MiB; for a slow
   * reader also changes above 10,000 keys or 16 MiB) comes in parts, each with `more`, read one after
   * the other in key order: what was given is one state again at the `ready` that follows them.
   * Of a history: the versions of keys, oldest first; before `ready` one may be given twice.
   */
  | {
      readonly type: "update";
      readonly entries: readonly Entry[];
      readonly versionstamp: string;
      readonly more?: true;
    }
  /** All that stood when the feed began, or all parts of something large, was given: it is one state. */
  | { readonly type: "ready"; readonly versionstamp: string }
  /**
   * What was given earlier is to be forgotten: `since` is not of this bucket or too old, or everything
   * was replaced at once. All that stands now follows, then `ready`.
   */
  | { readonly type: "reset"; readonly versionstamp: string };

export interface ChangesOptions {
  /**
   * The versionstamp of an item, or of a commit, that was seen before: gives what changed after it, also after
   * a reload. Deletions are remembered for 30 days. 20 zeros: nothing was seen.
   */
  readonly since?: string;
  /**
   * - `latest` (default): what stands (or changed after `since`), then every change.
   * - `updates`: without `since` only what changes from now on.
   * - `history`: every version that is kept (or was made after `since`), then every version that is made. A reader
   *   that is slow gets those that are still kept when it reads on. `pending` means nothing here.
   */
  readonly include?: "latest" | "updates" | "history";
  /** False: entries without their values. Default true. */
  readonly values?: boolean;
  /** False: nothing is told of entries that were deleted or expired. Default true. */
  readonly deletes?: boolean;
  /**
   * Also tells when an entry's `pending` changes while its value does not. Such a feed, when it resumes or catches
   * up, gives all that stands again. Default false.
   */
  readonly pending?: boolean;
  /** Ends the stream with the signal's reason. */
  readonly signal?: AbortSignal;
}
