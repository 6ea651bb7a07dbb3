/**
 * What a simulated run ends with when something happened that must never happen: which invariant of
 * DESIGN.md section 10 it breaks, and where.
 */

/** The invariants by number; 0 stands for what no invariant names, such as a fault of the code itself. */
export const invariants: readonly string[] = [
  "nothing throws",
  "every acknowledged commit is ruled once",
  "the sum of what was accepted stands at the relay",
  "when quiet, all hold the same and nothing is pending",
  "nobody sees part of a commit",
  "no write vanishes without an event",
  "position, cursor, revision and stamp never go back",
  "a deleted key comes back by a later write alone",
  "the same seed gives the same run",
  "nothing is sent or shown to another user",
  "a stuck peer delays the others for a bounded time",
];

export interface Finding {
  /** Index in `invariants`. */
  readonly invariant: number;
  /** Device, tab or relay. */
  readonly at: string;
  readonly key?: string;
  readonly expected: unknown;
  readonly found: unknown;
}

export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: number;

  constructor({ invariant, at, key, expected, found }: Finding) {
    const where = key === undefined ? at : `${at}, key ${textOfKey(key)}`;
    super(
      `invariant ${invariant} (${invariants[invariant]}) at ${where}: expected ${show(expected)}, found ${show(found)}`,
    );
    this.invariant = invariant;
  }
}

/** A packed key of strings as a person reads it. */
export const textOfKey = (key: string): string =>
  key
    .split("\0")
    .map((part) => part.replaceAll(/[^\x20-\x7e]/g, ""))
    .filter((part) => part !== "")
    .join(" ");

const show = (what: unknown): string =>
  typeof what === "string"
    ? what
    : (JSON.stringify(what, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)) ??
      "nothing");

/** @throws Violation when two values are not the same */
export const same = (
  invariant: number,
  at: string,
  expected: unknown,
  found: unknown,
  key?: string,
): void => {
  if (expected === found || textOf(expected) === textOf(found)) return;
  throw new Violation({ invariant, at, expected, found, ...(key === undefined ? {} : { key }) });
};

const textOf = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
