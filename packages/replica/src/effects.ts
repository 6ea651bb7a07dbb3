/**
 * What a commit without a relay left, key by key, as its row tells it once the row has a position:
 * a key may end with the commit's own versionstamp, and a document that it made is told from any
 * other under its key by that position.
 */
import { finishKey, isUnfinishedKey, positionOf, type Versionstamp } from "@rockpool/model";
import type { CommitRecord, Effect } from "@rockpool/log";

/** A commit's effects, whole. Whoever asks what a row changed asks here. */
export const effectsOf = ({ effects }: CommitRecord, versionstamp: Versionstamp): readonly Effect[] =>
  effects.some(isUnfinished) ? effects.map((effect) => finished(effect, versionstamp)) : effects;

const isUnfinished = ({ key, value }: Effect): boolean =>
  isUnfinishedKey(key) || (value?.encoding === "document" && value.incarnation === null);

const finished = (effect: Effect, versionstamp: Versionstamp): Effect => {
  const key = finishKey(effect.key, versionstamp);
  const { value } = effect;
  if (value?.encoding !== "document" || value.incarnation !== null) return { ...effect, key };
  return { ...effect, key, value: { ...value, incarnation: positionOf(versionstamp) } };
};
