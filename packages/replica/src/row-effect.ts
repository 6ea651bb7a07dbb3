/**
 * What folding a row changed: what watchers and the app's events are made of.
 */
import type { PackedKey, Value } from "@rockpool/model";
import { deletionMs } from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";

export interface RowEffect {
  /** Keys whose view changed, in value or in versionstamp. */
  readonly changed: readonly PackedKey[];
  /** True when everything that stood here was replaced: `changed` does not name it. */
  readonly replaced?: true;
  /** Keys whose view stayed while a commit on them was ruled. */
  readonly settledKeys: readonly PackedKey[];
  /** Commits that were ruled, as they are tracked now. */
  readonly ruled: readonly TrackedCommit[];
}

export const noEffect: RowEffect = { changed: [], settledKeys: [], ruled: [] };

/** A deletion is remembered for a while, so that a feed which resumes hears of it. */
export const rememberedFrom = (
  content: { readonly value?: Value },
  readingMs: number,
): { keptUntil?: number } => (content.value === undefined ? { keptUntil: readingMs + deletionMs } : {});
