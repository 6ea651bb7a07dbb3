/**
 * Reading requests: JSON that nobody has checked yet.
 */
import { invalidRequest } from "./refusal.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The array under a name; empty where there is none. @throws Refusal for anything else */
export const arrayOf = (body: JsonObject, name: string): readonly unknown[] => {
  const value = body[name] ?? [];
  if (!Array.isArray(value)) throw invalidRequest(`${name} must be an array: received ${typeof value}`);
  return value as readonly unknown[];
};

/** @throws Refusal for what is no object */
export const objectOf = (value: unknown, what: string): JsonObject => {
  if (!isObject(value)) throw invalidRequest(`${what} must be an object: received ${typeof value}`);
  return value;
};

/** Objects and arrays inside each other; 0 of a string, number or boolean. */
export const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Object.values(value).reduce<number>((deepest, part) => Math.max(deepest, depthOf(part)), 0)
    : 0;

/** Bytes of a text in UTF-8. */
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
