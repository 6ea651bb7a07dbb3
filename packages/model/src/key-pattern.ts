/**
 * Patterns: keys by their shape, such as the `name` of every user. The parts before the first marker
 * give the range to read; what follows is matched on the packed key, part by part, without reading it.
 */
import type { KeyPart } from "./key.ts";
import { type PackedKey, packKey } from "./packed-key.ts";
import { inRange, type PackedRange, packedPrefixRange } from "./range.ts";
import { endOfPart } from "./tuple-reader.ts";

/** In a pattern: exactly one part, of any type. */
export const any: unique symbol = Symbol.for("rockpool.any");
/** In a pattern, as its last part: one or more parts of any type. */
export const rest: unique symbol = Symbol.for("rockpool.rest");

export type PatternPart = KeyPart | typeof any | typeof rest;

export interface PackedPattern {
  /** Holds every key that matches; all of them begin with its `common`. */
  readonly range: PackedRange;
  /** What follows `common`: packed parts that must stand there, or null for one part of any type. */
  readonly parts: readonly (PackedKey | null)[];
  /** One or more parts of any type follow. */
  readonly hasRest: boolean;
}

/** @throws TypeError as `packKey` does, for a pattern without parts, and for `rest` before the end */
export const packPattern = (pattern: readonly PatternPart[]): PackedPattern => {
  if (!Array.isArray(pattern) || pattern.length === 0) {
    throw new TypeError(
      `a pattern must be an array of key parts, any and rest, at least one: received ${JSON.stringify(pattern)}`,
    );
  }
  const hasRest = pattern.at(-1) === rest;
  const shape = hasRest ? pattern.slice(0, -1) : pattern;
  if (shape.includes(rest)) {
    throw new TypeError(`rest must be the last part of a pattern: it is part ${shape.indexOf(rest)}`);
  }
  // Limits and parts are judged as those of a key.
  packKey(shape.filter((part) => part !== any) as KeyPart[]);
  const marker = shape.indexOf(any);
  const common = packKey((marker === -1 ? shape : shape.slice(0, marker)) as KeyPart[]);
  const range =
    marker === -1 && !hasRest
      ? { start: common, end: `${common}\x00` as PackedKey, common }
      : packedPrefixRange(common);
  return { range, parts: marker === -1 ? [] : shape.slice(marker).map(packPart), hasRest };
};

export const matchesPattern = ({ range, parts, hasRest }: PackedPattern, key: PackedKey): boolean => {
  if (!inRange(range, key)) return false;
  let at = range.common.length;
  for (const part of parts) {
    if (part !== null && !key.startsWith(part, at)) return false;
    const end = part === null ? endOfPart(key, at) : at + part.length;
    if (end === undefined) return false;
    at = end;
  }
  // Where a part that was met goes on with an escaped zero, no part begins.
  return hasRest ? endOfPart(key, at) !== undefined : at === key.length;
};

const packPart = (part: PatternPart): PackedKey | null => (part === any ? null : packKey([part as KeyPart]));
