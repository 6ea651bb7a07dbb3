/**
 * A set of packed keys that can be read in order: the keys a replica holds in memory, for merging
 * with its pages. Additions are cheap and unsorted; the first ordered read after them sorts.
 */
import type { PackedKey } from "@rockpool/model";

export class SortedKeys {
  readonly #known = new Set<PackedKey>();
  #sorted: PackedKey[] = [];
  #added: PackedKey[] = [];

  get size(): number {
    return this.#known.size;
  }

  add(key: PackedKey): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#added.push(key);
  }

  clear(): void {
    this.#known.clear();
    this.#sorted = [];
    this.#added = [];
  }

  /** The keys in [start, end), ascending. */
  between(start: PackedKey, end: PackedKey): readonly PackedKey[] {
    this.#settle();
    return this.#sorted.slice(lowerBound(this.#sorted, start), lowerBound(this.#sorted, end));
  }

  #settle(): void {
    if (this.#added.length === 0) return;
    this.#added.sort(compareKeys);
    this.#sorted = this.#sorted.length === 0 ? this.#added : merge(this.#sorted, this.#added);
    this.#added = [];
  }
}

export const compareKeys = (a: PackedKey, b: PackedKey): number => (a < b ? -1 : a > b ? 1 : 0);

/** The index of the first element that is not below `key`. */
export const lowerBound = (sorted: readonly PackedKey[], key: PackedKey): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as PackedKey) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

const merge = (a: readonly PackedKey[], b: readonly PackedKey[]): PackedKey[] => {
  const merged: PackedKey[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i] as PackedKey;
    const y = b[j] as PackedKey;
    if (x < y) {
      merged.push(x);
      i++;
    } else {
      merged.push(y);
      j++;
    }
  }
  while (i < a.length) merged.push(a[i++] as PackedKey);
  while (j < b.length) merged.push(b[j++] as PackedKey);
  return merged;
};
