/**
 * How large a bucket is: what its pages held at the checkpoint is known (`ReplicaState.stored`), and
 * here is what the rows since then, and the commits that are pending, make of it.
 */
import { entryBytes, type PackedKey, type Value } from "@rockpool/model";
import type { StoredSize } from "@rockpool/log";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { viewOf } from "./view.ts";

/** The keys that may stand otherwise than their pages say, ascending. */
export const memoryKeys = (state: ReplicaState): readonly PackedKey[] =>
  state.keys.between("" as PackedKey, "\xff" as PackedKey);

/**
 * What `keys` add to what the pages hold. An entry that has ended counts until it is swept. Void
 * when `pages` notes something lacking.
 */
export const sizeChange = (state: ReplicaState, pages: Pages, keys: readonly PackedKey[]): StoredSize => {
  let entries = 0;
  let bytes = 0;
  for (const key of keys) {
    const stored = pages.index.generation === state.generation ? pages.entry(key)?.value : undefined;
    const { value } = viewOf(state, pages, key);
    entries += (value === undefined ? 0 : 1) - (stored === undefined ? 0 : 1);
    bytes += bytesOf(key, value) - bytesOf(key, stored);
  }
  return { entries, bytes };
};

const bytesOf = (key: PackedKey, value: Value | undefined): number =>
  value === undefined ? 0 : entryBytes({ key, value });
