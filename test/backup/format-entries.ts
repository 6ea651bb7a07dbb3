/**
 * Entries of every kind that a backup can hold: what the kept dump of each format version was made
 * of, in the order of their keys.
 */
import { type Key, type Kv, KvU64 } from "rockpool";

/** When the kept dump was made, by the device's clock. */
export const madeMs: number = Date.UTC(2026, 0, 1);

export interface FormatEntry {
  readonly key: Key;
  readonly value: unknown;
  readonly expireIn?: number;
}

export const formatEntries: readonly FormatEntry[] = [
  { key: [new Uint8Array()], value: "no bytes" },
  { key: [new Uint8Array([0, 1, 254, 255])], value: new Uint8Array([255, 0, 10]) },
  { key: ["json"], value: { text: 'ü \u2028 "\\\n', list: [1, -2.5, 1e300, true, null], empty: {} } },
  { key: ["json", "null"], value: null },
  { key: ["json", "text"], value: "" },
  { key: ["rich", "date"], value: new Date(0) },
  { key: ["rich", "map"], value: new Map<unknown, unknown>([["a", new Set([1n, undefined])]]) },
  { key: ["rich", "numbers"], value: [-0, Number.NaN, Number.POSITIVE_INFINITY] },
  { key: ["session"], value: { user: "ada" }, expireIn: 60_000 },
  { key: ["u64"], value: new KvU64(2n ** 64n - 1n) },
  { key: ["ünïcode \u{1f30a}", "\0"], value: 1 },
  { key: [-(2n ** 70n)], value: "a negative bigint" },
  { key: [2n ** 70n], value: "a bigint" },
  { key: [Number.NEGATIVE_INFINITY], value: "numbers" },
  { key: [-1.5], value: -1.5 },
  { key: [-0], value: 0 },
  { key: [0], value: 0 },
  { key: [Number.MAX_VALUE], value: 0 },
  { key: [Number.POSITIVE_INFINITY], value: 0 },
  { key: [Number.NaN], value: 0 },
  { key: [false], value: false },
  { key: [true, "and", 1n, 2, new Uint8Array([3])], value: true },
];

export const writeFormatEntries = async (kv: Kv): Promise<void> => {
  for (const { key, value, expireIn } of formatEntries) {
    await kv.set(key, value, expireIn === undefined ? {} : { expireIn });
  }
};

export const readAll = async (kv: Kv): Promise<readonly Omit<FormatEntry, "expireIn">[]> => {
  const entries: Omit<FormatEntry, "expireIn">[] = [];
  for await (const { key, value } of kv.list({ prefix: [] })) entries.push({ key, value });
  return entries;
};
