/**
 * Deciding whether a document is kept in fewer bytes: a tab that knows what updates say has merged the first
 * of them into one.
 */
import { createChecksum, type PackedKey, type Revision, updateLog, valueBytesMax } from "@rockpool/model";
import type { CompactRow } from "@rockpool/log";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { confirmedOf } from "./view.ts";

/** What a tab made of the first bytes of a document that is confirmed here. */
export interface Compaction {
  readonly key: PackedKey;
  /** Of the document, as the tab has it. */
  readonly incarnation: Revision | null;
  /** How many bytes of its data it merged, which end with an update. */
  readonly length: number;
  /** 64 hex digits: SHA-256 over these bytes. */
  readonly digest: string;
  /** One update that says all that they said. */
  readonly update: Uint8Array;
}

/**
 * The row that keeps the document so; undefined when it is another one by now, would not be smaller, or would
 * have an update that no relay takes. Void when `pages` notes something lacking.
 */
export const decideCompact = (
  state: ReplicaState,
  pages: Pages,
  { key, incarnation, length, digest, update }: Compaction,
): CompactRow | undefined => {
  const { value, revision } = confirmedOf(state, pages, key);
  if (value?.encoding !== "document" || value.incarnation !== incarnation) return undefined;
  const { data } = value;
  const merged = updateLog([update]);
  if (data.length < length || merged.length >= length) return undefined;
  // A relay that the bucket is given later takes each update as one merge.
  if (state.replica === null && update.length > valueBytesMax) return undefined;
  const checksum = createChecksum();
  checksum.add(data.subarray(0, length));
  if (checksum.digest() !== digest) return undefined;
  const whole = new Uint8Array(merged.length + data.length - length);
  whole.set(merged);
  whole.set(data.subarray(length), merged.length);
  return {
    type: "compact",
    key,
    value: { ...value, data: whole },
    ...(revision === undefined ? {} : { revision }),
  };
};
