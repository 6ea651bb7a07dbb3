/**
 * For tests: the relay's entries in short form, beside the model's keys, values and mutations.
 */
import type { PatchEntry, Value } from "@rockpool/model";
import { key, text } from "@rockpool/model/mutation-fixture";

export { key, number, purge, remove, set, sum, testNowMs, text } from "@rockpool/model/mutation-fixture";

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
