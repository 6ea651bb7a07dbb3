/**
 * What folding a row changed: what watchers and the app's events are made of.
 */
import type { Commit, PackedKey, Value, Versionstamp } from "@rockpool/model";
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
  /** Blind mutations that lost, of the commits in `ruled`, with the commit as it was. */
  readonly superseded: readonly {
    readonly commit: Commit;
    readonly versionstamp: Versionstamp;
    readonly mutation: number;
  }[];
}

export const noEffect: RowEffect = { changed: [], settledKeys: [], ruled: [], superseded: [] };

/** A deletion is remembered for a while, so that a feed which resumes hears of it. */
export const rememberedFrom = (
  content: { readonly value?: Value },
  readingMs: number,
): { keptUntil?: number } => (content.value === undefined ? { keptUntil: readingMs + deletionMs } : {});
