/**
 * Custom entities as a manifest declares them under `app.storage.entities`, checked when the backend is
 * made. What breaks a rule would fail `forge deploy`.
 */
import {
  attributesMax,
  entitiesMax,
  entityNameCharsMax,
  entityNameCharsMin,
  indexesMax,
  indexNameCharsMax,
  indexNameCharsMin,
} from "./limits.ts";

export type AttributeType = "string" | "integer" | "float" | "boolean" | "any";

/** An attribute's name, for an index of it alone, or an index with a name of its own. */
export type IndexDeclaration =
  | string
  | {
      readonly name: string;
      readonly partition?: readonly string[] | undefined;
      /** One attribute. */
      readonly range: readonly string[];
    };

/**
 * An item of `app.storage.entities`. `type` is an {@link AttributeType}, which is checked when the backend is
 * made: in a file of JSON TypeScript sees any text, and attributes of one entity as missing in the next.
 */
export interface EntityDeclaration {
  readonly name: string;
  readonly attributes: Readonly<Record<string, { readonly type: string } | undefined>>;
  readonly indexes?: readonly IndexDeclaration[] | undefined;
}

export interface EntityIndex {
  readonly name: string;
  readonly partition: readonly string[];
  readonly range: string;
}

export interface EntitySchema {
  readonly name: string;
  readonly typeByAttribute: ReadonlyMap<string, AttributeType>;
  readonly indexByName: ReadonlyMap<string, EntityIndex>;
}

/** The index that every entity has: its keys. */
export const keyIndexName = "by-key";

export const entityNamePattern: RegExp = /^(?![.-])(?!.*\.{2})[a-z0-9:\-._]*(?<![.])$/;
const types = ["string", "integer", "float", "boolean", "any"] as const satisfies readonly AttributeType[];

/** @throws TypeError for what a manifest may not declare */
export const readEntities = (
  declarations: readonly EntityDeclaration[],
): ReadonlyMap<string, EntitySchema> => {
  checkCount("entities", declarations.length, entitiesMax);
  const schemas = new Map<string, EntitySchema>();
  for (const declaration of declarations) {
    if (schemas.has(declaration.name)) {
      throw new TypeError(`the entity "${declaration.name}" is declared twice: keep one of them`);
    }
    schemas.set(declaration.name, readEntity(declaration));
  }
  return schemas;
};

const readEntity = ({ name, attributes, indexes = [] }: EntityDeclaration): EntitySchema => {
  checkName("entity", name, entityNameCharsMin, entityNameCharsMax);
  const what = `the entity "${name}"`;
  const typeByAttribute = new Map<string, AttributeType>();
  for (const [attribute, declared] of Object.entries(attributes)) {
    if (declared === undefined) continue;
    const type = types.find((known) => known === declared.type);
    if (type === undefined) {
      throw new TypeError(
        `the attribute "${attribute}" of ${what} must be of type ${types.join(", ")}: received ${declared.type}`,
      );
    }
    typeByAttribute.set(attribute, type);
  }
  checkCount(`attributes of ${what}`, typeByAttribute.size, attributesMax);
  checkCount(`indexes of ${what}`, indexes.length, indexesMax);
  const indexByName = new Map<string, EntityIndex>();
  for (const index of indexes.map(readIndex)) {
    if (index.name === keyIndexName || indexByName.has(index.name)) {
      throw new TypeError(`the index "${index.name}" of ${what} has a name that is taken: give it another`);
    }
    for (const attribute of [...index.partition, index.range]) {
      if (!typeByAttribute.has(attribute)) {
        throw new TypeError(
          `the index "${index.name}" of ${what} is over "${attribute}", which is no attribute: declare it`,
        );
      }
    }
    indexByName.set(index.name, index);
  }
  return { name, typeByAttribute, indexByName };
};

const readIndex = (index: IndexDeclaration): EntityIndex => {
  if (typeof index === "string") return { name: index, partition: [], range: index };
  const { name, partition = [], range } = index;
  checkName("index", name, indexNameCharsMin, indexNameCharsMax);
  const [attribute] = range;
  if (range.length !== 1 || attribute === undefined) {
    throw new TypeError(`range of the index "${name}" must name one attribute: received ${range.length}`);
  }
  return { name, partition, range: attribute };
};

const checkName = (what: string, name: string, charsMin: number, charsMax: number): void => {
  if (name.length >= charsMin && name.length <= charsMax && entityNamePattern.test(name)) return;
  throw new TypeError(
    `the name of an ${what} has ${charsMin} to ${charsMax} characters of a-z 0-9 : - . _: received "${name}"`,
  );
};

const checkCount = (what: string, count: number, countMax: number): void => {
  if (count > countMax) throw new TypeError(`at most ${countMax} ${what} can be declared: received ${count}`);
};
