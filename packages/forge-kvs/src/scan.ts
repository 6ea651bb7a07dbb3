/**
 * Pages of a query: entries of a range in order, and a cursor to go on from. A cursor is valid with the
 * parameters it came from, whose fingerprint it carries; how many entries a page has is none of them.
 */
import type { Kv, KvEntry, Selector } from "rockpool";
import { pageDefault } from "./limits.ts";
import { badRequest } from "./refusal.ts";
import { fingerprintOf } from "./text-order.ts";

export interface Page<T> {
  readonly entries: readonly KvEntry<T>[];
  /** Undefined when nothing follows. */
  readonly cursor: string | undefined;
}

export interface PageAsk {
  readonly selector: Selector;
  readonly reverse: boolean;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** The next entries of a range, at most `limit`. */
export const readPage = async <T>(
  kv: Kv,
  { selector, reverse, limit, cursor }: PageAsk,
): Promise<Page<T>> => {
  // One more tells whether this is the last page.
  const options = { limit: limit + 1, batchSize: limit + 1, reverse };
  const iterator = kv.list<T>(selector, cursor === undefined ? options : { ...options, cursor });
  const entries: KvEntry<T>[] = [];
  let next: string | undefined;
  for await (const entry of iterator) {
    if (entries.length === limit) return { entries, cursor: next };
    entries.push(entry);
    next = iterator.cursor;
  }
  return { entries, cursor: undefined };
};

const fingerprintChars = 16;

export const sealCursor = (parameters: unknown, cursor: string): string =>
  `${fingerprintOf(JSON.stringify(parameters))}${cursor}`;

/** @throws Refusal for what is no cursor of a query with these parameters */
export const openCursor = (parameters: unknown, cursor: unknown): string | undefined => {
  if (cursor === undefined || cursor === null) return undefined;
  const fingerprint = fingerprintOf(JSON.stringify(parameters));
  if (typeof cursor === "string" && cursor.startsWith(fingerprint) && /^[\w+/=-]+$/.test(cursor)) {
    return cursor.slice(fingerprintChars);
  }
  throw badRequest(
    "INVALID_CURSOR",
    "The cursor is not one of this query: use it with the parameters of the query that gave it.",
  );
};

/** Entries of a page, by what a request says. @throws what `refuse` makes for a number out of range */
export const limitOf = (limit: unknown, limitMax: number, refuse: () => Error): number => {
  if (limit === undefined || limit === null) return pageDefault;
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > limitMax) throw refuse();
  return limit;
};
