/**
 * For tests: the relay's entries in short form, beside the model's keys, values and mutations.
 */
import { type PatchEntry, updateLog, updatesOf, type Value } from "@rockpool/model";
import { key, text } from "@rockpool/model/mutation-fixture";

export {
  key,
  merge,
  number,
  purge,
  remove,
  set,
  sum,
  testNowMs,
  text,
} from "@rockpool/model/mutation-fixture";

/** An entry as the relay sends it; without a value it is a tombstone. */
export const entryOf = (
  name: string,
  revision: number,
  value?: Value | string,
  expireAt?: number,
): PatchEntry => ({
  key: key(name),
  revision,
  ...(value === undefined ? {} : { value: typeof value === "string" ? text(value) : value }),
  ...(expireAt === undefined ? {} : { expireAt }),
});

/** A document of updates that are texts to those who look at it. */
export const documentOf = (incarnation: number | null, ...updates: readonly string[]): Value => ({
  encoding: "document",
  data: updateLog(updates.map((update) => new TextEncoder().encode(update))),
  incarnation,
});

/** Updates of a document, as the relay sends those of a stretch of its history. */
export const growthOf = (
  name: string,
  revision: number,
  incarnation: number,
  ...updates: readonly string[]
): PatchEntry => ({ ...entryOf(name, revision, documentOf(incarnation, ...updates)), appends: true });

/** A document as its incarnation and its updates; any other value as it is. */
export const readable = (value: Value | undefined): unknown =>
  value?.encoding === "document"
    ? [value.incarnation, ...updatesOf(value.data).map((update) => new TextDecoder().decode(update))]
    : value;
