/**
 * How many bytes V8 takes to serialize a value, which is what Deno's limit of a value counts. Nothing is
 * serialized: the sizes follow from the format (version 15), in which Deno stores values. An array in
 * which nothing is missing counts as V8 writes most of them; some it writes at greater length.
 * @see https://chromium.googlesource.com/v8/v8/+/refs/heads/main/src/objects/value-serializer.cc
 */

/** Bytes of a value that `structuredClone` gave. @throws TypeError | Error for what Deno does not store, in its words */
export const serializedBytes = (value: unknown): number => new SizeCounter().count(value);

/** What Deno says of memory that is shared: alone of its kind it is no TypeError. */
export const sharedMemoryError = (cause?: unknown): Error =>
  new Error("#<SharedArrayBuffer> could not be cloned.", { cause });

/** The version, in front of every value. */
const headerBytes = 2;
const tagBytes = 1;
const numberBytes = 8;
/** A key of digits is an index below it, and written as a number. */
const arrayLengthMax = 2 ** 32 - 1;

class SizeCounter {
  #bytes = headerBytes;
  /** The number that V8 refers to an object by when it meets it again. */
  readonly #numbers = new Map<object, number>();

  count(value: unknown): number {
    this.#add(value);
    return this.#bytes;
  }

  #add(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#addString(value);
      case "number":
        return this.#addNumber(value);
      case "bigint":
        this.#bytes += tagBytes;
        return this.#addDigits(value);
      case "object":
        if (value !== null) return this.#addObject(value);
    }
    this.#bytes += tagBytes;
  }

  #addNumber(value: number): void {
    this.#bytes +=
      tagBytes + (isSmall(value) ? varintBytes(((value << 1) ^ (value >> 31)) >>> 0) : numberBytes);
  }

  #addDigits(value: bigint): void {
    const magnitude = value < 0n ? -value : value;
    const digits = value === 0n ? 0 : Math.ceil(magnitude.toString(16).length / 16) * 8;
    this.#bytes += varintBytes(digits * 2 + 1) + digits;
  }

  #addString(value: string): void {
    if (isLatin1(value)) {
      this.#bytes += tagBytes + varintBytes(value.length) + value.length;
      return;
    }
    const bytes = value.length * 2;
    const start = this.#bytes + tagBytes + varintBytes(bytes);
    // The characters of two bytes each begin at an even place.
    this.#bytes = start + (start % 2) + bytes;
  }

  #addObject(value: object): void {
    const known = this.#numbers.get(value);
    if (known !== undefined) {
      this.#bytes += tagBytes + varintBytes(known);
      return;
    }
    // The buffer of a view is written, and numbered, in front of it.
    if (ArrayBuffer.isView(value)) this.#add(value.buffer);
    this.#numbers.set(value, this.#numbers.size);
    this.#bytes += tagBytes;
    this.#addContent(value);
  }

  #addContent(value: object): void {
    if (Array.isArray(value)) return this.#addArray(value);
    if (value instanceof Date) return this.#addBytes(numberBytes);
    if (value instanceof Map) return this.#addAll([...value].flat(), tagBytes + varintBytes(value.size * 2));
    if (value instanceof Set) return this.#addAll([...value], tagBytes + varintBytes(value.size));
    if (value instanceof RegExp) return this.#addAll([value.source], -tagBytes + 1 + flagBytes(value));
    if (value instanceof Error) return this.#addError(value);
    if (value instanceof ArrayBuffer) return this.#addBytes(varintBytes(value.byteLength) + value.byteLength);
    if (ArrayBuffer.isView(value)) return this.#addView(value);
    if (boxedTypes.has(nameOf(value))) return this.#addBoxed(value.valueOf());
    refuseUnstorable(value);
    const count = this.#addProperties(value, Object.keys(value));
    this.#bytes += tagBytes + varintBytes(count);
  }

  /** An object around a primitive value. Its tag, which is there already, tells of which kind. */
  #addBoxed(value: unknown): void {
    if (typeof value === "string") return this.#addString(value);
    if (typeof value === "number") return this.#addBytes(numberBytes);
    if (typeof value === "bigint") return this.#addDigits(value);
  }

  #addBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  #addAll(values: readonly unknown[], bytes: number): void {
    for (const value of values) this.#add(value);
    this.#bytes += bytes;
  }

  #addArray(value: readonly unknown[]): void {
    const keys = Object.keys(value);
    const { length } = value;
    this.#bytes += varintBytes(length);
    const isDense = keys.length >= length && (length === 0 || keys[length - 1] === String(length - 1));
    if (isDense && isOfFractions(value)) this.#bytes += length * (tagBytes + numberBytes);
    else if (isDense) for (const element of value) this.#add(element);
    const count = this.#addProperties(value, isDense ? keys.slice(length) : keys);
    this.#bytes += tagBytes + varintBytes(count) + varintBytes(length);
  }

  #addProperties(value: object, keys: readonly string[]): number {
    for (const key of keys) {
      const index = Number(key) >>> 0;
      this.#add(String(index) === key && index < arrayLengthMax ? index : key);
      this.#add((value as Readonly<Record<string, unknown>>)[key]);
    }
    return keys.length;
  }

  #addView({ byteOffset, byteLength }: ArrayBufferView): void {
    this.#bytes += tagBytes + varintBytes(byteOffset) + varintBytes(byteLength) + 1;
  }

  #addError(value: Error): void {
    const isPlain = value.name === "Error" || !nativeErrors.has(value.name);
    if (!isPlain) this.#bytes += tagBytes;
    for (const member of ["message", "cause", "stack"] as const) {
      if (!Object.hasOwn(value, member) || value[member] === undefined) continue;
      this.#bytes += tagBytes;
      this.#add(value[member]);
    }
    this.#bytes += tagBytes;
  }
}

const nativeErrors: ReadonlySet<string> = new Set([
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
]);

const boxedTypes: ReadonlySet<string> = new Set(["BigInt", "Boolean", "Number", "String"]);

/** What kind of object it is, whatever properties it has. */
const nameOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

/** What `structuredClone` lets pass within one process, but no store can keep. */
const refuseUnstorable = (value: object): void => {
  const name = nameOf(value);
  if (name === "SharedArrayBuffer") throw sharedMemoryError();
  if (name === "WebAssembly.Module") throw new TypeError("Wasm modules cannot be stored");
};

const isLatin1 = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
};

/** Bytes of a non-negative integer in groups of seven bits. */
/** True for what V8 keeps as an integer. */
const isSmall = (value: number): boolean => Object.is(value | 0, value);

/** True for numbers that are kept side by side as fractions, integers among them, because one is no small integer. */
const isOfFractions = (values: readonly unknown[]): boolean =>
  values.every((value) => typeof value === "number") && !values.every(isSmall);

const varintBytes = (value: number): number => {
  let bytes = 1;
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
};

/** V8 keeps the flags as bits, of which the eighth needs a second byte. */
const flagBytes = ({ flags }: RegExp): number => (/[dv]/.test(flags) ? 2 : 1);
