/**
 * Texts are in the order of their UTF-8 bytes, prefixes end where that order says, and fingerprints are FNV-1a.
 */
import { expect, test } from "vitest";
import { compareTexts, endOfPrefix, fingerprintOf } from "./text-order.ts";

const texts = [
  "",
  "\0",
  "a",
  "a\0",
  "ab",
  "b",
  "\u007F",
  "é",
  "\uD7FF",
  "\uE000",
  "\uFFFF",
  "𝄞",
  "\u{10FFFF}",
];
const bytes = (text: string): string => Buffer.from(text).toString("hex");

test("order is that of the bytes", () => {
  for (const a of texts) {
    for (const b of texts) {
      const [x, y] = [bytes(a), bytes(b)];
      expect([a, b, Math.sign(compareTexts(a, b))]).toEqual([a, b, x < y ? -1 : Number(x > y)]);
    }
  }
});

test("what begins with a prefix lies before its end, and what does not lies outside", () => {
  for (const prefix of texts) {
    const end = endOfPrefix(prefix);
    for (const text of texts.flatMap((text) => [text, prefix + text])) {
      const isInside = compareTexts(text, prefix) >= 0 && (end === undefined || compareTexts(text, end) < 0);
      expect([prefix, text, isInside]).toEqual([prefix, text, text.startsWith(prefix)]);
    }
  }
});

test("a fingerprint is FNV-1a of 64 bits", () => {
  // From the vectors of its authors, http://www.isthe.com/chongo/tech/comp/fnv/.
  expect(["", "a", "foobar"].map(fingerprintOf)).toEqual([
    "cbf29ce484222325",
    "af63dc4c8601ec8c",
    "85944171f73967e8",
  ]);
});
