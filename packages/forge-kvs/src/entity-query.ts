/**
 * Queries of an entity by one of its indexes: partition and range are looked up in key order, filters
 * are judged of what a page holds, so that it may be empty and yet have a cursor.
 */
import type { Key, Selector } from "rockpool";
import type { Backend } from "./backend.ts";
import { compare, invalidCondition, invalidValues, readFilter, valuesOf } from "./conditions.ts";
import { type AttributeType, type EntityIndex, type EntitySchema, keyIndexName } from "./entity-schema.ts";
import { arrayOf, isObject, type JsonObject } from "./json.ts";
import { entityPrefix, indexPrefix, type IndexValue, keyOfIndexEntry } from "./key-layout.ts";
import { pageMax } from "./limits.ts";
import { beginningWith, type QueryAnswer } from "./plain-query.ts";
import { badRequest, incorrectType, invalidRequest } from "./refusal.ts";
import { limitOf, openCursor, readPage, sealCursor } from "./scan.ts";
import { isOfType, mustGetSchema } from "./space.ts";
import { answerOf, fieldsOf, type StoredRecord } from "./stored-record.ts";
import { verifyEntries } from "./verify-entries.ts";

export const queryEntity = async (backend: Backend, body: JsonObject): Promise<QueryAnswer> => {
  const schema = mustGetSchema(backend.schemas, body["entityName"]);
  const index = indexOf(schema, body["indexName"]);
  const limit = limitOf(body["limit"], pageMax, () =>
    badRequest(
      "COMPLEX_QUERY_PAGE_LIMIT_NOT_IN_RANGE",
      `The page limit must be set between 1 and ${pageMax}.`,
    ),
  );
  const partition = partitionOf(index, body);
  const selector = selectorOf(schema, index, partition, body);
  const filter = readFilter(body["filters"]);
  const reverse = isDescending(body["sort"]);
  const parameters = [schema.name, index.name, partition, body["range"], body["filters"], reverse];
  const fields = fieldsOf(body["options"]);
  const found: { readonly key: string; readonly record: StoredRecord }[] = [];
  let cursor = openCursor(parameters, body["cursor"]);
  do {
    const ask = { selector, reverse, limit: limit - found.length, cursor };
    const page = await readPage<StoredRecord>(backend.kv, ask);
    found.push(
      ...(index.name === keyIndexName
        ? page.entries.map(({ key, value }) => ({ key: keyOfIndexEntry(key), record: value }))
        : await verifyEntries(backend, schema, index, partition, page.entries)),
    );
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < limit);
  return {
    data: found
      .filter(({ record }) => filter === undefined || filter(record.value))
      .map(({ key, record }) => answerOf(key, record, fields)),
    ...(cursor === undefined ? {} : { cursor: sealCursor(parameters, cursor) }),
  };
};

const indexOf = (schema: EntitySchema, name: unknown): EntityIndex => {
  if (name === keyIndexName) return { name: keyIndexName, partition: [], range: "key" };
  const index = schema.indexByName.get(String(name));
  if (index !== undefined) return index;
  throw badRequest(
    "INVALID_ENTITY_INDEX",
    `The custom entity index provided is invalid. "${String(name)}" is no index of "${schema.name}".`,
  );
};

/** A value for each attribute of the index's partition, in its order. @throws Refusal */
const partitionOf = (index: EntityIndex, body: JsonObject): readonly IndexValue[] => {
  const values = arrayOf(body, "partition");
  if (values.length !== index.partition.length) throw invalidValues();
  return values.map((value, at) => {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
    throw incorrectType(index.partition[at] ?? "", "string, integer, float or boolean");
  });
};

const isDescending = (sort: unknown): boolean => {
  if (sort === undefined || sort === null || sort === "ASC") return false;
  if (sort === "DESC") return true;
  throw invalidRequest(`sort must be ASC or DESC: received ${String(sort)}`);
};

const selectorOf = (
  schema: EntitySchema,
  index: EntityIndex,
  partition: readonly IndexValue[],
  body: JsonObject,
): Selector => {
  const isByKey = index.name === keyIndexName;
  const prefix = isByKey ? entityPrefix(schema.name) : indexPrefix(schema.name, index.name, partition);
  const where = body["range"];
  if (where === undefined || where === null) return { prefix };
  if (!isObject(where)) throw invalidCondition();
  const type = isByKey ? "string" : (schema.typeByAttribute.get(index.range) ?? "any");
  return rangeSelector(prefix, where, type, index.range);
};

/** What a condition on the range leaves of an index: values of its operand's type alone. @throws Refusal */
const rangeSelector = (prefix: Key, where: JsonObject, type: AttributeType, attribute: string): Selector => {
  const operands = valuesOf(where).map((value) => operandOf(value, type, attribute));
  const [first, second = first] = operands;
  if (first === undefined || second === undefined) throw invalidValues();
  const at = (...parts: readonly IndexValue[]): Key => [...prefix, ...parts];
  // Behind a range stands the text of a key, and a boolean is behind every text.
  const behind = (value: IndexValue): Key => at(value, false);
  const [lowest, end] = boundsOfType[typeof first as keyof typeof boundsOfType];
  switch (where["condition"]) {
    case "EQUAL_TO":
      return { start: at(first), end: behind(first) };
    case "GREATER_THAN":
      return { start: behind(first), end: at(...end) };
    case "GREATER_THAN_EQUAL_TO":
      return { start: at(first), end: at(...end) };
    case "LESS_THAN":
      return { start: at(lowest), end: at(first) };
    case "LESS_THAN_EQUAL_TO":
      return { start: at(lowest), end: behind(first) };
    case "BETWEEN": {
      const order = compare(first, second);
      if (order === undefined) throw invalidValues();
      return { start: at(first), end: order > 0 ? at(first) : behind(second) };
    }
    case "BEGINS_WITH":
      if (typeof first !== "string") throw invalidCondition();
      return beginningWith(prefix, first);
    default:
      throw invalidCondition();
  }
};

/** For each type of operand the lowest value, and the parts behind the highest, in the order of keys. */
const boundsOfType: {
  readonly [type in "string" | "number" | "boolean"]: readonly [IndexValue, readonly IndexValue[]];
} = {
  string: ["", [Number.NEGATIVE_INFINITY]],
  number: [Number.NEGATIVE_INFINITY, [false]],
  boolean: [false, [true, false]],
};

const operandOf = (value: unknown, type: AttributeType, attribute: string): IndexValue => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    // Compared with integers, 1.5 is as good an operand as any number.
    if (type === "integer" ? typeof value === "number" : isOfType(value, type)) return value;
  }
  throw incorrectType(attribute, type);
};
