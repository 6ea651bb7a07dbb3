/**
 * The two kinds of places for records: plain keys, and the keys of an entity, whose values have typed
 * attributes and index entries.
 */
import type { Key } from "rockpool";
import {
  entityNamePattern,
  type AttributeType,
  type EntityIndex,
  type EntitySchema,
} from "./entity-schema.ts";
import { bytesOf, isObject, type JsonObject } from "./json.ts";
import {
  entityKey,
  indexKey,
  indexKeyBytesMax,
  indexPrefix,
  type IndexValue,
  keyBytes,
  plainKey,
} from "./key-layout.ts";
import {
  entityNameCharsMax,
  entityNameCharsMin,
  floatMagnitudeMax,
  floatMagnitudeMin,
  integerMax,
  integerMin,
  partitionBytesMax,
  rangeBytesMax,
} from "./limits.ts";
import { badRequest, incorrectType, schemaNotFound, tooLarge } from "./refusal.ts";
import { checkKey, checkValue } from "./request-checks.ts";

export interface Space {
  /** Of an entity. */
  readonly entityName?: string;
  readonly place: (key: string) => Key;
  /** @throws Refusal for what is no key */
  readonly checkKey: (key: unknown) => string;
  /** @throws Refusal for a value that cannot stand here */
  readonly checkValue: (value: unknown) => void;
  /** The keys of the index entries that a value has. */
  readonly indexKeys: (key: string, value: unknown) => readonly Key[];
}

export const plainSpace: Space = {
  place: plainKey,
  checkKey: (key) => checkKey(key, "KEY_TOO_SHORT"),
  checkValue,
  indexKeys: () => [],
};

export const entitySpace = (schema: EntitySchema): Space => ({
  entityName: schema.name,
  place: (key) => entityKey(schema.name, key),
  checkKey: (key) => checkKey(key, "EMPTY_KEY"),
  checkValue: (value) => {
    checkValue(value);
    checkAttributes(schema, value);
  },
  indexKeys: (key, value) =>
    [...schema.indexByName.values()].flatMap((index) => {
      const values = indexValuesOf(index, value);
      if (values === undefined) return [];
      return [indexKey(indexPrefix(schema.name, index.name, values.partition), values.range, key)];
    }),
});

/** The entity that a request names. @throws Refusal when it cannot be named so, or is not declared */
export const mustGetSchema = (schemas: ReadonlyMap<string, EntitySchema>, name: unknown): EntitySchema => {
  if (typeof name === "string" && name.length < entityNameCharsMin) {
    throw badRequest("ENTITY_TYPE_TOO_SHORT", "The provided key needs to be more than 3 characters.");
  }
  if (typeof name === "string" && name.length > entityNameCharsMax) {
    throw badRequest(
      "ENTITY_TYPE_TOO_LARGE",
      `The provided key has exceeded the maximum ${entityNameCharsMax} characters.`,
    );
  }
  if (typeof name !== "string" || !entityNamePattern.test(name)) {
    throw badRequest(
      "INVALID_ENTITY_TYPE",
      "The provided key does not match the regex: /^(?![\\.\\-])(?!.*\\.{2})[a-z0-9:\\-.]*(?<![.])$/.",
    );
  }
  const schema = schemas.get(name);
  if (schema === undefined) throw schemaNotFound();
  return schema;
};

/** Where an index puts a value; undefined when it lacks an attribute of it, and so has no entry there. */
export const indexValuesOf = (
  { partition, range }: EntityIndex,
  value: unknown,
): { readonly partition: readonly IndexValue[]; readonly range: IndexValue } | undefined => {
  const values = [...partition, range].map((attribute) => attributeOf(value, attribute));
  if (!values.every(isIndexValue)) return undefined;
  const last = values.at(-1);
  return last === undefined ? undefined : { partition: values.slice(0, -1), range: last };
};

/** Own attributes alone: nothing of what objects inherit is one. */
export const attributeOf = (value: unknown, attribute: string): unknown =>
  isObject(value) && Object.hasOwn(value, attribute) ? value[attribute] : undefined;

const isIndexValue = (value: unknown): value is IndexValue =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

const checkAttributes = (schema: EntitySchema, value: unknown): void => {
  if (!isObject(value)) {
    throw badRequest(
      "INVALID_ENTITY_VALUE",
      "Entity values must match one of the types defined in Custom Entities.",
    );
  }
  for (const [attribute, type] of schema.typeByAttribute) {
    const given = attributeOf(value, attribute);
    if (given !== undefined && !isOfType(given, type)) throw incorrectType(attribute, type);
  }
  for (const index of schema.indexByName.values()) checkIndexed(index, value);
};

export const isOfType = (value: unknown, type: AttributeType): boolean => {
  switch (type) {
    case "string":
    case "boolean":
      return typeof value === type;
    case "integer":
      return Number.isInteger(value) && Number(value) >= integerMin && Number(value) <= integerMax;
    case "float": {
      const magnitude = Math.abs(Number(value));
      const isInRange = magnitude >= floatMagnitudeMin && magnitude <= floatMagnitudeMax;
      return typeof value === "number" && (value === 0 || isInRange);
    }
    case "any":
      return true;
  }
};

const checkIndexed = (index: EntityIndex, value: JsonObject): void => {
  const values = indexValuesOf(index, value);
  if (values === undefined) return;
  const partitionBytes = values.partition.reduce<number>((bytes, part) => bytes + bytesOf(String(part)), 0);
  if (partitionBytes > partitionBytesMax) {
    throw tooLarge(
      ` The partition of the index "${index.name}" takes ${partitionBytes} bytes of ${partitionBytesMax}.`,
    );
  }
  const rangeBytes = bytesOf(String(values.range));
  if (rangeBytes > rangeBytesMax) {
    throw tooLarge(` "${index.range}" takes ${rangeBytes} bytes of ${rangeBytesMax} in an index.`);
  }
};

/** @throws Refusal where a key, with what is indexed, is longer than the store takes */
export const checkIndexKeys = (keys: readonly Key[]): void => {
  for (const key of keys) {
    const bytes = keyBytes(key);
    if (bytes > indexKeyBytesMax) {
      throw tooLarge(
        ` The key with what is indexed of it takes ${bytes} bytes of ${indexKeyBytesMax}: shorten one of them.`,
      );
    }
  }
};
