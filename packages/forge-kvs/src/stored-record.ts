/**
 * What stands under a key: the app's value and the times that Forge tells of it. Stored and synced:
 * never change a field, add a new one.
 */
import { isObject, type JsonObject } from "./json.ts";
import { invalidRequest } from "./refusal.ts";

export interface StoredRecord {
  readonly value: unknown;
  /** In ms since 1970, by the clock of the device that wrote it. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When its life is over, in ms since 1970; left out where it has no end. */
  readonly expireAt?: number;
}

/** A record that takes the place of `before`, which may be missing. */
export const recordOf = (
  value: unknown,
  before: StoredRecord | null,
  ttlMs: number | undefined,
): StoredRecord => {
  const now = Date.now();
  return {
    value,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    ...(ttlMs === undefined ? {} : { expireAt: now + ttlMs }),
  };
};

export type MetadataField = "CREATED_AT" | "UPDATED_AT" | "EXPIRE_TIME";

/** A record as it is answered. */
export interface RecordAnswer {
  readonly key: string;
  readonly value: unknown;
  readonly entityName?: string;
  readonly createdAt?: number;
  readonly updatedAt?: number;
  /** ISO 8601. */
  readonly expireTime?: string;
}

export const answerOf = (
  key: string,
  { value, createdAt, updatedAt, expireAt }: StoredRecord,
  fields: ReadonlySet<MetadataField>,
): RecordAnswer => ({
  key,
  value,
  ...(fields.has("CREATED_AT") ? { createdAt } : {}),
  ...(fields.has("UPDATED_AT") ? { updatedAt } : {}),
  ...(fields.has("EXPIRE_TIME") && expireAt !== undefined
    ? { expireTime: new Date(expireAt).toISOString() }
    : {}),
});

const metadataFields: ReadonlySet<unknown> = new Set<MetadataField>([
  "CREATED_AT",
  "UPDATED_AT",
  "EXPIRE_TIME",
]);

/** The metadata that a request's `options` ask for under a name. @throws Refusal for fields that are none */
export const fieldsOf = (
  options: unknown,
  name: "metadataFields" | "returnMetadataFields" = "metadataFields",
): ReadonlySet<MetadataField> => {
  const fields = isObject(options) ? ((options as JsonObject)[name] ?? []) : [];
  if (!Array.isArray(fields) || !fields.every((field) => metadataFields.has(field))) {
    throw invalidRequest(`${name} must be a list of ${[...metadataFields].join(", ")}`);
  }
  return new Set(fields as MetadataField[]);
};
