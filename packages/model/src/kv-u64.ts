/**
 * KvU64: the one value that sum, min and max work on, an unsigned 64-bit integer that wraps.
 * The same to its users as `Deno.KvU64`.
 */

/** Largest value of a {@link KvU64}. */
export const u64Max: bigint = 2n ** 64n - 1n;

/**
 * An unsigned 64-bit integer. Frozen, equal to another by `value`; inside another value it is no
 * longer one and reads back as `{ value }`, as in Deno.
 */
export class KvU64 {
  readonly value: bigint;

  /** @throws TypeError for what is no bigint, RangeError for one that does not fit. */
  constructor(value: bigint) {
    if (typeof value !== "bigint") throw new TypeError(`Value must be a bigint: received ${typeof value}`);
    if (value < 0n) throw new RangeError(`Value must be a positive bigint: received ${value}`);
    if (value > u64Max) throw new RangeError("Value must fit in a 64-bit unsigned integer");
    this.value = value;
    Object.freeze(this);
  }

  valueOf(): bigint {
    return this.value;
  }

  toString(): string {
    return this.value.toString();
  }

  get [Symbol.toStringTag](): string {
    return "Deno.KvU64";
  }
}

// What Node prints for it. Defined here because the class's type cannot name the symbol.
Object.defineProperty(KvU64.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: KvU64): string {
    return `[Deno.KvU64: ${this.value}n]`;
  },
});

/** Modulo 2^64, as sums wrap. */
export const wrapU64 = (value: bigint): bigint => BigInt.asUintN(64, value);
