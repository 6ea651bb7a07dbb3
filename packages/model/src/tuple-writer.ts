/**
 * Writes key parts in the FoundationDB tuple layer, as Deno KV does: the order of the written code
 * units (0-255) is the order of the keys. Read back by tuple-reader.ts.
 * @see https://github.com/apple/foundationdb/blob/main/design/tuple.md
 * @see https://github.com/denoland/denokv/blob/main/proto/codec.rs
 */

/** First code unit of each part. Stored and sent: never change one. */
export const tupleTags = {
  bytes: 0x01,
  string: 0x02,
  /** Before a negative bigint of more than 8 bytes. */
  bigintNegativeLong: 0x0b,
  /** Plus or minus the number of bytes, for a bigint of up to 8. */
  bigintZero: 0x14,
  /** Before a positive bigint of more than 8 bytes. */
  bigintPositiveLong: 0x1d,
  number: 0x21,
  false: 0x26,
  true: 0x27,
} as const;

/** Bytes of a bigint's magnitude that its tag can count. */
export const bigintShortBytesMax = 8;
/** Bytes of a bigint's magnitude, at most: they are counted in one byte. */
export const bigintBytesMax = 255;

/** Writes one part; `index` is its place in the key, for the message. @throws TypeError for what is no key part. */
export const writePart = (part: unknown, index: number): string => {
  switch (typeof part) {
    case "string":
      return `\x02${isPlainAscii(part) ? part : escapeZeros(toUtf8(part))}\x00`;
    case "number":
      return writeNumber(part);
    case "boolean":
      return part ? "\x27" : "\x26";
    case "bigint":
      return writeBigint(part);
    default:
      if (ArrayBuffer.isView(part)) return `\x01${escapeZeros(codeUnitsOf(bytesOfView(part)))}\x00`;
      throw new TypeError(
        `expected string, number, bigint, ArrayBufferView, boolean, got ${nameOfType(part)} as part ${index} of the key`,
      );
  }
};

/** Bytes as a string of code units 0-255. */
export const codeUnitsOf = (bytes: Uint8Array): string => {
  let text = "";
  for (let start = 0; start < bytes.length; start += argumentsMax) {
    text += Reflect.apply(String.fromCharCode, null, bytes.subarray(start, start + argumentsMax));
  }
  return text;
};

/** A string of code units 0-255 as bytes. */
export const bytesOfCodeUnits = (text: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
};

/** Arguments of one call, well below what engines allow. */
const argumentsMax = 4096;

const bytesOfView = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** True when the UTF-8 form is the text itself and nothing in it needs an escape: the common case. */
const isPlainAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0 || unit > 0x7f) return false;
  }
  return true;
};

/** The UTF-8 bytes of a text as code units. Lone surrogates become U+FFFD, as in Deno. */
const toUtf8 = (text: string): string => codeUnitsOf(new TextEncoder().encode(text));

const escapeZeros = (text: string): string => text.replaceAll("\x00", "\x00\xff");

const scratch = new DataView(new ArrayBuffer(8));

/** A double, big-endian; negative: every bit flipped, else the sign bit alone. NaN sorts last. */
const writeNumber = (value: number): string => {
  scratch.setFloat64(0, value);
  // Written as a constant: which NaN setFloat64 stores is the engine's choice.
  const high = Number.isNaN(value) ? 0x7ff80000 : scratch.getUint32(0);
  const low = Number.isNaN(value) ? 0 : scratch.getUint32(4);
  const isNegative = high >= 0x80000000;
  const h = isNegative ? ~high : high ^ 0x80000000;
  const l = isNegative ? ~low : low;
  return String.fromCharCode(
    tupleTags.number,
    (h >>> 24) & 0xff,
    (h >>> 16) & 0xff,
    (h >>> 8) & 0xff,
    h & 0xff,
    (l >>> 24) & 0xff,
    (l >>> 16) & 0xff,
    (l >>> 8) & 0xff,
    l & 0xff,
  );
};

/** A magnitude, big-endian without leading zeros, after a tag that tells its length; negatives complemented. */
const writeBigint = (value: bigint): string => {
  if (value === 0n) return String.fromCharCode(tupleTags.bigintZero);
  const isNegative = value < 0n;
  const digits = (isNegative ? -value : value).toString(16);
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = hex.length / 2;
  if (bytes > bigintBytesMax) {
    throw new TypeError(
      `BigUint requires more than ${bigintBytesMax} bytes to be represented: ${bytes} bytes; store it as a string or as bytes`,
    );
  }
  const flip = isNegative ? 0xff : 0;
  let text =
    bytes <= bigintShortBytesMax
      ? String.fromCharCode(tupleTags.bigintZero + (isNegative ? -bytes : bytes))
      : String.fromCharCode(
          isNegative ? tupleTags.bigintNegativeLong : tupleTags.bigintPositiveLong,
          bytes ^ flip,
        );
  for (let index = 0; index < hex.length; index += 2) {
    text += String.fromCharCode(Number.parseInt(hex.slice(index, index + 2), 16) ^ flip);
  }
  return text;
};

const nameOfType = (value: unknown): string => {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  return Object.prototype.toString.call(value).slice(8, -1);
};
