/**
 * Where everything of the board stands in the bucket, and what may stand there: the one file that builds and
 * reads its keys. What people change independently has a key of its own, so that moving a card, renaming it and
 * cheering it never conflict with, or overwrite, each other. Values come from other devices too, perhaps of
 * another version: what has not the shape below is passed over.
 */
import type { Key } from "rockpool";

export const labels = ["tide", "kelp", "sand", "coral", "anemone"] as const;

/** A colour a card can wear. */
export type Label = (typeof labels)[number];

export interface ListValue {
  readonly title: string;
  readonly order: string;
}

export interface CardValue {
  readonly title: string;
  readonly label: Label | null;
}

/** Where a card is. `order` is a fractional index: it sorts the cards of a list, ties go by id. */
export interface Place {
  readonly listId: string;
  readonly order: string;
}

/** Longest titles the board lets a person type, in characters. */
export const cardTitleMax = 280;
export const listTitleMax = 60;

/*
 * ["list", id]        → ListValue
 * ["card", id]        → CardValue
 * ["place", id]       → Place of the card with that id
 * ["cheers", id]      → KvU64 for the card with that id
 * ["note", id]        → KvDocument, the note of the card with that id (note/note-schema.ts)
 * ["board", "seeded"] → true: the sample was laid out here, once for all devices
 */
export const seededKey: Key = ["board", "seeded"];
export const listKey = (id: string): Key => ["list", id];
export const cardKey = (id: string): Key => ["card", id];
export const placeKey = (cardId: string): Key => ["place", cardId];
export const cheersKey = (cardId: string): Key => ["cheers", cardId];
export const noteKey = (cardId: string): Key => ["note", cardId];

const subjectTypes = ["list", "card", "place", "cheers", "note", "board"] as const;

/** What a key of this file is about. */
export interface Subject {
  readonly type: (typeof subjectTypes)[number];
  readonly id: string;
}

/** The subject of a key; undefined for a key that is none of the board's. */
export const subjectOf = (key: Key): Subject | undefined => {
  const [type, id] = key;
  if (key.length !== 2 || typeof id !== "string") return undefined;
  return isSubjectType(type) ? { type, id } : undefined;
};

export const isListValue = (value: unknown): value is ListValue =>
  isRecord(value) && typeof value["title"] === "string" && typeof value["order"] === "string";

export const isCardValue = (value: unknown): value is CardValue =>
  isRecord(value) &&
  typeof value["title"] === "string" &&
  (value["label"] === null || isLabel(value["label"]));

export const isPlace = (value: unknown): value is Place =>
  isRecord(value) && typeof value["listId"] === "string" && typeof value["order"] === "string";

/** Whether a value counts: a KvU64, known by its shape. */
export const isCount = (value: unknown): value is { readonly value: bigint } =>
  isRecord(value) && typeof value["value"] === "bigint";

/** Whether a value is a document: a KvDocument, known by its shape. */
export const isDocument = (value: unknown): value is { readonly updates: readonly Uint8Array[] } =>
  isRecord(value) && Array.isArray(value["updates"]);

const isLabel = (value: unknown): value is Label => labels.some((label) => label === value);

const isSubjectType = (part: unknown): part is Subject["type"] => subjectTypes.some((type) => type === part);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
