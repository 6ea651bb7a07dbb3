/**
 * Stamps: a commit's time by a hybrid logical clock, as a string whose order is the order of time.
 * 12 hex digits of milliseconds, 4 of a counter, then the id of the host that drew it, so that two
 * stamps are equal only when they are the same one. Pure: the clock's reading is a parameter.
 * @see https://cse.buffalo.edu/tech-reports/2014-04.pdf (Kulkarni et al., hybrid logical clocks)
 */
import { assert } from "./error.ts";

declare const stampBrand: unique symbol;

/** `mmmmmmmmmmmmcccc-host`: string order is order in time, ties broken by host. */
export type Stamp = string & { readonly [stampBrand]: true };

/** A random id that a host draws each time it starts: letters and digits only. */
export type HostId = string;

/** Largest time a stamp holds, in ms since 1970 (the year 10889). */
export const stampMsMax: number = 2 ** 48 - 1;
const counterMax = 0xffff;

/** The stamp before every other. */
export const zeroStamp: Stamp = "0000000000000000-" as Stamp;

export const createStamp = (ms: number, counter: number, host: HostId): Stamp => {
  assert(Number.isSafeInteger(ms) && ms >= 0 && ms <= stampMsMax, `stamp time ${ms} is out of range`);
  assert(counter >= 0 && counter <= counterMax, `stamp counter ${counter} is out of range`);
  return `${ms.toString(16).padStart(12, "0")}${counter.toString(16).padStart(4, "0")}-${host}` as Stamp;
};

/** The time of a stamp in ms since 1970. */
export const msOfStamp = (stamp: Stamp): number => Number.parseInt(stamp.slice(0, 12), 16);

/** The tie-breaking counter of a stamp. */
export const counterOfStamp = (stamp: Stamp): number => Number.parseInt(stamp.slice(12, 16), 16);

/** One tick after `stamp`, drawn for `host`. A full counter carries into the milliseconds. */
export const stampAfter = (stamp: Stamp, host: HostId): Stamp => {
  const counter = counterOfStamp(stamp);
  return counter < counterMax
    ? createStamp(msOfStamp(stamp), counter + 1, host)
    : createStamp(Math.min(msOfStamp(stamp) + 1, stampMsMax), 0, host);
};

/** The hybrid clock: the later of the reading and one tick after the highest stamp seen. */
export const nextStamp = (highest: Stamp, readingMs: number, host: HostId): Stamp => {
  const ms = Math.min(Math.max(0, Math.trunc(readingMs)), stampMsMax);
  return ms > msOfStamp(highest) ? createStamp(ms, 0, host) : stampAfter(highest, host);
};

export const laterStamp = (a: Stamp, b: Stamp): Stamp => (a > b ? a : b);

/** True for a well-formed stamp; what arrives from outside is checked with it. */
export const isStamp = (value: unknown): value is Stamp =>
  typeof value === "string" && /^[0-9a-f]{16}-[0-9A-Za-z:]{0,200}$/.test(value);
