/**
 * Texts in the order of the store's keys, which is that of their UTF-8 bytes, and so of their code
 * points; JavaScript's own order differs where one text has a surrogate.
 */

/** Below 0, 0 or above 0. */
export const compareTexts = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
};

/** Surrogates stand for code points above all others. */
const rankOf = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** The first text behind all that begin with `prefix`; undefined where nothing is behind them. */
export const endOfPrefix = (prefix: string): string | undefined => {
  const points = Array.from(prefix.toWellFormed(), (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
};

/** 64 bits of a text as 16 hex digits (FNV-1a): the same text gives the same, and another seldom does. */
export const fingerprintOf = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
};
