/**
 * What a commit without a relay left, key by key, as its row tells it once the row has a position:
 * a key may end with the commit's own versionstamp.
 */
import { finishKey, isUnfinishedKey, type Versionstamp } from "@rockpool/model";
import type { CommitRecord, Effect } from "@rockpool/log";

/** A commit's effects under their whole keys. Whoever asks which keys a row changed asks here. */
export const effectsOf = ({ effects }: CommitRecord, versionstamp: Versionstamp): readonly Effect[] =>
  effects.some(({ key }) => isUnfinishedKey(key))
    ? effects.map((effect) => ({ ...effect, key: finishKey(effect.key, versionstamp) }))
    : effects;
