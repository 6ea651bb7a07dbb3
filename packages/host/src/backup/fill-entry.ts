/**
 * What a fill is made of: entries as they come in, and as pages hold them.
 */
import {
  entryBytes,
  type PackedKey,
  type Revision,
  type Value,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import type { PageEntry } from "@rockpool/log";
import { joinEntries } from "@rockpool/replica";

/** An entry to fill in. Without `value`: what an earlier one said of the key no longer holds. */
export interface FillEntry {
  readonly key: PackedKey;
  readonly value?: Value;
  /** Ms since 1970. */
  readonly expireAt?: number;
  /** Where a relay gave it one. */
  readonly revision?: Revision;
  /** The one it keeps; without, it takes that of the row that shows it. */
  readonly versionstamp?: Versionstamp;
  /** The value goes behind what was said of the document before, if that is of the same incarnation. */
  readonly appends?: true;
}

/** An entry as a page of a generation holds it, where `before` stood. */
export const pageEntryOf = (
  generation: number,
  before: PageEntry | undefined,
  entry: FillEntry,
): PageEntry => {
  const { versionstamp = zeroVersionstamp, ...whole } = joinEntries(before ?? nothing, entry);
  const { value } = whole;
  // A document that no relay told from others is told by the pages that show it.
  const isMade = value?.encoding === "document" && whole.revision === undefined;
  return { ...whole, ...(isMade ? { value: { ...value, incarnation: generation } } : {}), versionstamp };
};

/** What an entry takes in memory besides its key and value, about. */
const entryOverheadBytes = 100;

/** Bytes that an entry takes in memory, about. */
export const weightOf = (entry: FillEntry | undefined): number =>
  entry === undefined ? 0 : entryBytes(entry) + entryOverheadBytes;

const nothing = {};
