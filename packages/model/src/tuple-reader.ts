/**
 * Reads key parts that tuple-writer.ts wrote. What does not parse gives `undefined`, never an
 * exception; what parses is not yet canonical: writing it again must give the same text.
 */
import type { KeyPart } from "./key.ts";
import { bigintShortBytesMax, bytesOfCodeUnits, tupleTags } from "./tuple-writer.ts";

/** The parts of a packed key, or undefined when it is none. */
export const readParts = (packed: string): KeyPart[] | undefined => {
  const parts: KeyPart[] = [];
  let start = 0;
  while (start < packed.length) {
    const end = endOfPart(packed, start);
    if (end === undefined || end > packed.length) return undefined;
    parts.push(readPart(packed, start, end));
    start = end;
  }
  return parts;
};

/** Where the part that starts at `start` ends, or undefined when none starts there. */
export const endOfPart = (packed: string, start: number): number | undefined => {
  const tag = packed.charCodeAt(start);
  switch (tag) {
    case tupleTags.bytes:
    case tupleTags.string:
      return endOfText(packed, start + 1);
    case tupleTags.number:
      return start + 9;
    case tupleTags.false:
    case tupleTags.true:
      return start + 1;
    case tupleTags.bigintPositiveLong:
      return start + 2 + (packed.charCodeAt(start + 1) & 0xff);
    case tupleTags.bigintNegativeLong:
      return start + 2 + (~packed.charCodeAt(start + 1) & 0xff);
    default: {
      const bytes = Math.abs(tag - tupleTags.bigintZero);
      return bytes <= bigintShortBytesMax ? start + 1 + bytes : undefined;
    }
  }
};

/** Just behind the first zero that is not escaped. */
const endOfText = (packed: string, start: number): number | undefined => {
  let zero = packed.indexOf("\x00", start);
  while (zero !== -1 && packed.charCodeAt(zero + 1) === 0xff) zero = packed.indexOf("\x00", zero + 2);
  return zero === -1 ? undefined : zero + 1;
};

const readPart = (packed: string, start: number, end: number): KeyPart => {
  const tag = packed.charCodeAt(start);
  switch (tag) {
    case tupleTags.bytes:
      return bytesOfCodeUnits(unescapeZeros(packed.slice(start + 1, end - 1)));
    case tupleTags.string:
      return fromUtf8(unescapeZeros(packed.slice(start + 1, end - 1)));
    case tupleTags.number:
      return readNumber(packed, start + 1);
    case tupleTags.false:
      return false;
    case tupleTags.true:
      return true;
    case tupleTags.bigintPositiveLong:
      return readMagnitude(packed, start + 2, end, 0);
    case tupleTags.bigintNegativeLong:
      return -readMagnitude(packed, start + 2, end, 0xff);
    default:
      return tag < tupleTags.bigintZero
        ? -readMagnitude(packed, start + 1, end, 0xff)
        : readMagnitude(packed, start + 1, end, 0);
  }
};

const unescapeZeros = (text: string): string =>
  text.includes("\x00") ? text.replaceAll("\x00\xff", "\x00") : text;

/** Keeps a byte order mark, which is a character of the key like any other. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const fromUtf8 = (text: string): string => {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return utf8.decode(bytesOfCodeUnits(text));
  }
  return text;
};

const scratch = new DataView(new ArrayBuffer(8));

const readNumber = (packed: string, start: number): number => {
  const isNegative = packed.charCodeAt(start) < 0x80;
  for (let index = 0; index < 8; index++) {
    scratch.setUint8(index, packed.charCodeAt(start + index) ^ (isNegative ? 0xff : index === 0 ? 0x80 : 0));
  }
  return scratch.getFloat64(0);
};

const readMagnitude = (packed: string, start: number, end: number, flip: number): bigint => {
  if (start === end) return 0n;
  let hex = "0x";
  for (let index = start; index < end; index++) {
    hex += ((packed.charCodeAt(index) ^ flip) & 0xff).toString(16).padStart(2, "0");
  }
  return BigInt(hex);
};
