/**
 * Cutting a run of entries into pages of about equal size.
 */
import { entryBytes } from "@rockpool/model";
import type { PageEntry } from "@rockpool/log";

export interface PageLimits {
  /** Entries and bytes of a page, about. */
  readonly pageEntries: number;
  readonly pageBytes: number;
}

/** Bytes of a page's entries, about: keys, values, and what every entry carries. */
export const pageBytes = (entries: readonly PageEntry[]): number =>
  entries.reduce((sum, entry) => sum + storedBytes(entry), 0);

/**
 * Parts of at most 1.5 times the aimed size, so that a page that just grew over it is not split in
 * vain; an entry larger than a page stands alone. No entries are one empty part.
 */
export const splitEntries = (
  entries: readonly PageEntry[],
  { pageEntries: entriesAim, pageBytes: bytesAim }: PageLimits,
): readonly (readonly PageEntry[])[] => {
  const bytes = pageBytes(entries);
  if (entries.length <= entriesAim * 1.5 && bytes <= bytesAim * 1.5) return [entries];
  const parts: PageEntry[][] = [];
  let part: PageEntry[] = [];
  let partBytes = 0;
  for (const entry of entries) {
    const size = storedBytes(entry);
    if (part.length > 0 && (part.length >= entriesAim || partBytes + size > bytesAim)) {
      parts.push(part);
      part = [];
      partBytes = 0;
    }
    part.push(entry);
    partBytes += size;
  }
  parts.push(part);
  return parts;
};

const entryOverheadBytes = 40;

const storedBytes = (entry: PageEntry): number => entryBytes(entry) + entryOverheadBytes;
