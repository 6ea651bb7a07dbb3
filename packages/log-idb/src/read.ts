/**
 * What is read in one readonly transaction: all that a replica starts from, or a tail with pages.
 * All requests go out together, so that the answers cost one way there and back.
 */
import { mustKnowFormat, stillKnown } from "@rockpool/log";
import type {
  KnownPages,
  LogRead,
  LogStart,
  Meta,
  Page,
  PageKey,
  PageRange,
  VersionsOf,
} from "@rockpool/log";
import type { PackedKey, Position, Versionstamp } from "@rockpool/model";
import { countingRows } from "./row-chain.ts";
import { metaKey } from "./schema.ts";
import { commit } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

/** @throws KvError "newer-format" */
export const readStart = async (
  transaction: LogTransaction<"readonly">,
  known: KnownPages | undefined,
): Promise<Verdict<LogStart>> => {
  const readPageKeys = async (): Promise<readonly PageKey[]> => {
    const keys = await transaction.objectStore("pages").getAllKeys();
    return keys.map(([generation, first]) => ({ generation, first }));
  };
  // Whoever knows none waits for no other answer first.
  const reading = known === undefined ? readPageKeys() : undefined;
  const [meta, pending, stored] = await Promise.all([
    readMeta(transaction),
    transaction.objectStore("pending").getAll(),
    transaction.objectStore("log").getAll(),
  ]);
  mustKnowFormat(meta);
  const rows = countingRows(stored, 0);
  const pageKeys = stillKnown(known, meta, rows) ?? (await (reading ?? readPageKeys()));
  return commit({ meta, pageKeys, pending, rows });
};

export const readRows = async (
  transaction: LogTransaction<"readonly">,
  tail: Position,
  ranges: readonly PageRange[],
  keys: readonly VersionsOf[],
): Promise<Verdict<LogRead>> => {
  const [stored, pages, versions] = await Promise.all([
    transaction.objectStore("log").getAll(after(tail)),
    Promise.all(ranges.map((range) => readPages(transaction, range))),
    Promise.all(keys.map((key) => transaction.objectStore("values").getAll(versionsOf(key)))),
  ]);
  return commit({ missed: countingRows(stored, tail), pages, versions });
};

export const readPagesByExpiry = async (
  transaction: LogTransaction<"readonly">,
  generation: number,
  limit: number,
): Promise<Verdict<readonly Page[]>> =>
  commit(
    transaction
      .objectStore("pages")
      .index("earliestExpiry")
      .getAll(IDBKeyRange.bound([generation], [generation, []]), limit),
  );

export const readPagesChangedSince = async (
  transaction: LogTransaction<"readonly">,
  generation: number,
  since: Versionstamp,
): Promise<Verdict<readonly PackedKey[]>> => {
  // Every array is later than every text.
  const range = IDBKeyRange.bound([generation, since], [generation, []], true);
  const keys = await transaction.objectStore("pages").index("latest").getAllKeys(range);
  return commit(keys.map(([, first]) => first).toSorted());
};

export const readMeta = async (
  transaction: LogTransaction<"readonly" | "readwrite">,
): Promise<Meta | undefined> => (await transaction.objectStore("meta").get(metaKey)) as Meta | undefined;

/** The keys of the rows after `tail`. */
export const after = (tail: Position): IDBKeyRange => IDBKeyRange.lowerBound(tail, true);

/** The keys of a key's older versions. */
export const versionsOf = ({ generation, key }: VersionsOf): IDBKeyRange =>
  IDBKeyRange.bound([generation, key], [generation, key, []]);

const readPages = async (
  transaction: LogTransaction<"readonly">,
  { generation, from, to }: PageRange,
): Promise<readonly Page[]> =>
  // IndexedDB throws for a range that ends before it begins; it holds nothing.
  from > to
    ? []
    : transaction.objectStore("pages").getAll(IDBKeyRange.bound([generation, from], [generation, to]));
