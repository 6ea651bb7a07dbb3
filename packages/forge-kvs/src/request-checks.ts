/**
 * What a key, a value and the options of a set may be.
 */
import { bytesOf, depthOf, isObject } from "./json.ts";
import { keyCharsMax, ttlMsMax, valueBytesMax, valueDepthMax } from "./limits.ts";
import { badRequest, invalidRequest, tooLarge } from "./refusal.ts";

const keyPattern = /^(?!\s+$)[a-zA-Z0-9:._\s\-#]+$/;

/** Forge has two codes for an empty key, one for each of its stores. */
export type EmptyKeyCode = "KEY_TOO_SHORT" | "EMPTY_KEY";

/** @throws Refusal for what is no key */
export const checkKey = (key: unknown, emptyKeyCode: EmptyKeyCode): string => {
  if (key === undefined || key === null || key === "") {
    throw badRequest(
      emptyKeyCode,
      emptyKeyCode === "EMPTY_KEY"
        ? "Key cannot be empty."
        : "The provided key needs to be more than one character.",
    );
  }
  if (typeof key === "string" && key.length > keyCharsMax) {
    throw badRequest("KEY_TOO_LONG", `The provided key has exceeded the maximum ${keyCharsMax} characters.`);
  }
  if (typeof key !== "string" || !keyPattern.test(key)) {
    throw badRequest(
      "INVALID_KEY",
      "The provided key does not match the regex: /^(?!\\s+$)[a-zA-Z0-9:._\\s-#]+$/",
    );
  }
  return key;
};

/** @throws Refusal for a value that is missing, null, too large or too deep */
export const checkValue = (value: unknown): void => {
  if (value === undefined || value === null) {
    throw badRequest("INVALID_VALUE", `A value is any JSON data except null: received ${String(value)}`);
  }
  if (bytesOf(JSON.stringify(value)) > valueBytesMax) throw tooLarge();
  if (depthOf(value) > valueDepthMax) {
    throw badRequest(
      "MAX_DEPTH",
      `The provided value has exceeded the maximum object depth (${valueDepthMax + 1}) limit.`,
    );
  }
};

const msByUnit: ReadonlyMap<unknown, number> = new Map([
  ["SECONDS", 1000],
  ["MINUTES", 60_000],
  ["HOURS", 3_600_000],
  ["DAYS", 86_400_000],
]);

/** The life that a request's `options` give, in ms; undefined for none. @throws Refusal for one that cannot be */
export const ttlMsOf = (options: unknown): number | undefined => {
  const ttl = isObject(options) ? options["ttl"] : undefined;
  if (ttl === undefined || ttl === null) return undefined;
  const { value, unit } = isObject(ttl) ? ttl : {};
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
    throw badRequest("INVALID_TTL", `TTL value must be a positive integer, received: ${String(value)}`);
  }
  const unitMs = msByUnit.get(unit);
  if (unitMs === undefined) {
    throw badRequest(
      "INVALID_TTL",
      `TTL unit must be one of ${[...msByUnit.keys()].join(", ")}, received: ${String(unit)}`,
    );
  }
  if (value * unitMs > ttlMsMax) {
    throw badRequest("INVALID_TTL", `TTL must be at most 1 year, received: ${value} ${String(unit)}`);
  }
  return value * unitMs;
};

/** How a set treats what stands there, and what it answers. */
export interface SetPolicy {
  readonly failIfExists: boolean;
  readonly returnValue: "PREVIOUS" | "LATEST" | undefined;
}

/** @throws Refusal for policies that Forge does not know or combine */
export const policyOf = (options: unknown): SetPolicy => {
  const { keyPolicy, returnValue } = isObject(options) ? options : {};
  if (keyPolicy !== undefined && keyPolicy !== "OVERRIDE" && keyPolicy !== "FAIL_IF_EXISTS") {
    throw invalidRequest(`keyPolicy must be OVERRIDE or FAIL_IF_EXISTS: received ${String(keyPolicy)}`);
  }
  if (returnValue !== undefined && returnValue !== "PREVIOUS" && returnValue !== "LATEST") {
    throw invalidRequest(`returnValue must be PREVIOUS or LATEST: received ${String(returnValue)}`);
  }
  const failIfExists = keyPolicy === "FAIL_IF_EXISTS";
  if (failIfExists && returnValue !== undefined) {
    throw badRequest(
      "INVALID_KEY_POLICY_RETURN_VALUE_COMBINATION",
      "returnValue cannot be combined with the key policy FAIL_IF_EXISTS",
    );
  }
  return { failIfExists, returnValue };
};
