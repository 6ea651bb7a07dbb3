/**
 * Keys and values as text that tells all of them apart, to compare and to print: what the store shows
 * and what the map holds are compared line by line.
 */
import { type Key, type KeyPart, KvDocument, KvU64 } from "rockpool";

export const keyText = (key: Key): string => `[${key.map(partText).join(", ")}]`;

export const valueText = (value: unknown): string => {
  if (value instanceof KvU64) return `u64 ${value.value}`;
  if (value instanceof KvDocument) return `document ${value.updates.map((one) => one.join(" ")).join(" | ")}`;
  if (value instanceof Uint8Array) return `bytes ${value.join(" ")}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Map) return `map ${[...value].map((pair) => valueText(pair)).join(" ")}`;
  return value === undefined ? "undefined" : JSON.stringify(value);
};

const partText = (part: KeyPart): string => {
  if (typeof part === "bigint") return `${part}n`;
  if (part instanceof Uint8Array) return `bytes ${part.join(" ")}`;
  if (typeof part === "number") return Object.is(part, -0) ? "-0" : String(part);
  return JSON.stringify(part);
};

/** @throws Error for lines that differ, showing both */
export const mustBeEqual = (what: string, actual: readonly string[], expected: readonly string[]): void => {
  if (isEqual(actual, expected)) return;
  throw new Error(`${what}\n  shows ${blockOf(actual)}\n  where the map has ${blockOf(expected)}`);
};

/** @throws Error for lines that are none of the possible ones */
export const mustBeOneOf = (
  what: string,
  actual: readonly string[],
  possible: readonly (readonly string[])[],
): void => {
  if (possible.some((expected) => isEqual(actual, expected))) return;
  throw new Error(
    `${what}\n  shows ${blockOf(actual)}\n  where the map had ${possible.map(blockOf).join("\n  or ")}`,
  );
};

const isEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index]);

const blockOf = (lines: readonly string[]): string =>
  lines.length === 0 ? "nothing" : `\n    ${lines.join("\n    ")}`;
