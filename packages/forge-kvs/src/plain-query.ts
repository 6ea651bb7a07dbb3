/**
 * Queries of plain keys: those that begin with a text, in the order of their bytes.
 */
import type { Key, Selector } from "rockpool";
import type { Backend } from "./backend.ts";
import { invalidCondition, invalidValues } from "./conditions.ts";
import { arrayOf, type JsonObject, objectOf } from "./json.ts";
import { plainPrefix } from "./key-layout.ts";
import { pageMax } from "./limits.ts";
import { badRequest } from "./refusal.ts";
import { limitOf, openCursor, readPage, sealCursor } from "./scan.ts";
import { answerOf, fieldsOf, type RecordAnswer, type StoredRecord } from "./stored-record.ts";
import { endOfPrefix } from "./text-order.ts";

export interface QueryAnswer {
  readonly data: readonly RecordAnswer[];
  readonly cursor?: string;
}

export const queryPlain = async ({ kv }: Backend, body: JsonObject): Promise<QueryAnswer> => {
  const limit = limitOf(body["limit"], pageMax, () =>
    badRequest("LIST_QUERY_LIMIT_EXCEEDED", "Limit for list query should be below 100."),
  );
  const start = startOf(body);
  const cursor = openCursor(start, body["after"]);
  const fields = fieldsOf(body["options"]);
  const page = await readPage<StoredRecord>(kv, {
    selector: beginningWith(plainPrefix, start),
    reverse: false,
    limit,
    cursor,
  });
  return {
    data: page.entries.map(({ key, value }) => answerOf(String(key.at(-1)), value, fields)),
    ...(page.cursor === undefined ? {} : { cursor: sealCursor(start, page.cursor) }),
  };
};

/** What the keys are to begin with. @throws Refusal */
const startOf = (body: JsonObject): string => {
  const where = arrayOf(body, "where");
  if (where.length > 1) {
    throw badRequest("QUERY_WHERE_INVALID", 'KVS queries should contain only a single "where" clause.');
  }
  if (where.length === 0) return "";
  const { property, condition, values } = objectOf(where[0], "where");
  if (property !== "key") {
    throw badRequest("QUERY_WHERE_FIELD_INVALID", "The specified field is not supported for filters.");
  }
  if (condition !== "BEGINS_WITH") throw invalidCondition();
  const [start] = Array.isArray(values) && values.length === 1 ? (values as readonly unknown[]) : [];
  if (typeof start !== "string") throw invalidValues();
  return start;
};

/** The keys below a prefix whose next part is a text that begins so. */
export const beginningWith = (prefix: Key, start: string): Selector => {
  const end = endOfPrefix(start);
  // Numbers are behind all texts.
  return { start: [...prefix, start], end: [...prefix, end ?? Number.NEGATIVE_INFINITY] };
};
