/**
 * Versionstamps: a position in one replica's log and a place in that row, printed as Deno KV
 * prints its own: 20 lowercase hex digits, ever growing, compared as strings.
 * 16 digits hold the position, 4 the place in the group of commits.
 */
import { assert } from "./error.ts";

declare const versionstampBrand: unique symbol;

/** 20 lowercase hex digits; string order is log order. Meaningful on one device alone. */
export type Versionstamp = string & { readonly [versionstampBrand]: true };

/** A row's place in the log: a positive safe integer given by the log's key generator. */
export type Position = number;

/** Largest place in a group, one less than the 4 hex digits hold. */
export const versionstampPlaceMax = 0xffff;

/** The versionstamp before every other: that of nothing. */
export const zeroVersionstamp: Versionstamp = "0".repeat(20) as Versionstamp;

export const createVersionstamp = (position: Position, place = 0): Versionstamp => {
  assert(Number.isSafeInteger(position) && position >= 0, `position ${position} is not a safe integer`);
  assert(place >= 0 && place <= versionstampPlaceMax, `place ${place} does not fit 4 hex digits`);
  return (position.toString(16).padStart(16, "0") + place.toString(16).padStart(4, "0")) as Versionstamp;
};

/** The versionstamp after every commit of the row at `position`, and before those of the next. */
export const lastVersionstampOf = (position: Position): Versionstamp =>
  createVersionstamp(position, versionstampPlaceMax);

/** The position of the row that a versionstamp names. */
export const positionOf = (versionstamp: Versionstamp): Position =>
  Number.parseInt(versionstamp.slice(0, 16), 16);

/** The place of a commit within its row. */
export const placeOf = (versionstamp: Versionstamp): number => Number.parseInt(versionstamp.slice(16), 16);

/** True for 20 hex digits in either case, as Deno accepts them in a check. */
export const isVersionstamp = (value: unknown): value is Versionstamp =>
  typeof value === "string" && /^[0-9a-fA-F]{20}$/.test(value);

export const laterVersionstamp = (a: Versionstamp, b: Versionstamp): Versionstamp => (a > b ? a : b);
