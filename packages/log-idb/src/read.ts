/**
 * What is read in one readonly transaction: all that a replica starts from, or a tail with pages.
 * All requests go out together, so that the answers cost one way there and back.
 */
import { mustKnowFormat } from "@rockpool/log";
import type { LogRead, LogStart, Meta, Page, PageRange } from "@rockpool/log";
import type { Position } from "@rockpool/model";
import { countingRows } from "./row-chain.ts";
import { metaKey } from "./schema.ts";
import { commit } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

/** @throws KvError "newer-format" */
export const readStart = async (transaction: LogTransaction<"readonly">): Promise<Verdict<LogStart>> => {
  const [meta, pageKeys, pending, stored] = await Promise.all([
    readMeta(transaction),
    transaction.objectStore("pages").getAllKeys(),
    transaction.objectStore("pending").getAll(),
    transaction.objectStore("log").getAll(),
  ]);
  mustKnowFormat(meta);
  return commit({
    meta,
    pageKeys: pageKeys.map(([generation, first]) => ({ generation, first })),
    pending,
    rows: countingRows(stored, 0),
  });
};

export const readRows = async (
  transaction: LogTransaction<"readonly">,
  tail: Position,
  ranges: readonly PageRange[],
): Promise<Verdict<LogRead>> => {
  const [stored, pages] = await Promise.all([
    transaction.objectStore("log").getAll(after(tail)),
    Promise.all(ranges.map((range) => readPages(transaction, range))),
  ]);
  return commit({ missed: countingRows(stored, tail), pages });
};

export const readMeta = async (
  transaction: LogTransaction<"readonly" | "readwrite">,
): Promise<Meta | undefined> => (await transaction.objectStore("meta").get(metaKey)) as Meta | undefined;

/** The keys of the rows after `tail`. */
export const after = (tail: Position): IDBKeyRange => IDBKeyRange.lowerBound(tail, true);

const readPages = async (
  transaction: LogTransaction<"readonly">,
  { generation, from, to }: PageRange,
): Promise<readonly Page[]> =>
  // IndexedDB throws for a range that ends before it begins; it holds nothing.
  from > to
    ? []
    : transaction.objectStore("pages").getAll(IDBKeyRange.bound([generation, from], [generation, to]));
