/**
 * What folding a row changed: what watchers and the app's events are made of.
 */
import type { DocumentValue, PackedKey, Value } from "@rockpool/model";
import { deletionMs } from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";

export interface RowEffect {
  /** Keys whose view changed, in value or in versionstamp. */
  readonly changed: readonly PackedKey[];
  /**
   * Of `changed`, documents whose view only grew, and by what: who has the view of before has that of now with
   * these updates, some of which it may have already. That holds for the document of this incarnation, for one of
   * which nothing was confirmed (null) and where nothing stood; who had another one must read it anew, and so must
   * who had a document under any other of `changed`.
   */
  readonly merged?: ReadonlyMap<PackedKey, DocumentValue>;
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
