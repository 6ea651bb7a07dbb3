/**
 * Whether an edit is in the bucket, for when nobody can say what became of its commit: the wait for it was
 * given up, or the relay's ruling did not come in time.
 */
import { type Key, type Kv, KvDocument } from "rockpool";
import { containsEdit } from "./whole-document.ts";

/** True when all of `edit` stands under the key. False, too, where that cannot be read. */
export const isStanding = async (
  { kv, key }: { readonly kv: Kv; readonly key: Key },
  edit: readonly Uint8Array[],
): Promise<boolean> => {
  try {
    // A read waits for the commits that were asked for before it.
    const { value } = await kv.get(key);
    return value instanceof KvDocument && containsEdit(value.updates, edit);
  } catch {
    // The bucket is closed or its disk fails, so nothing more can be made of the edit either.
    return false;
  }
};
