/**
 * The oracle: a bucket as a plain sorted map of keys, written from the documentation alone. It keeps
 * each state it ever had, with the versionstamp that began it, to judge readers that lag behind.
 */
import { compareKeys } from "@rockpool/model/key-arbitrary";
import { type Key, KvDocument, KvU64 } from "rockpool";
import { keyText, valueText } from "./entry-text.ts";

export type Mutation =
  | {
      readonly type: "set";
      readonly key: Key;
      readonly value: unknown;
      readonly expireIn?: number | "never";
    }
  | { readonly type: "delete" | "purge"; readonly key: Key }
  | { readonly type: "sum" | "min" | "max"; readonly key: Key; readonly operand: bigint }
  | { readonly type: "merge"; readonly key: Key; readonly update: Uint8Array };

/** What a check asks for: the versionstamp in force, an earlier one, or that there is no entry. */
export interface Check {
  readonly key: Key;
  readonly versionstamp: string | null;
}

export interface Commit {
  readonly checks: readonly Check[];
  readonly mutations: readonly Mutation[];
}

export interface MapEntry {
  readonly key: Key;
  readonly value: unknown;
  readonly versionstamp: string;
  readonly expireAtMs: number;
}

/** What a key was from a commit on; without an entry it was deleted. */
export interface MapVersion {
  readonly versionstamp: string;
  readonly entry: Omit<MapEntry, "versionstamp"> | null;
}

/** How a bucket is kept. */
export interface MapSettings {
  readonly history: number;
  readonly expireInMs: number | null;
}

/** All entries after a commit, expired ones included, by `keyText`. */
export interface MapState {
  readonly versionstamp: string;
  readonly entryByKey: ReadonlyMap<string, MapEntry>;
}

/** - `ok`: it applies. - `failed`: a check does not hold. - `misfit`: a sum, min or max over what is no u64, or a merge over what is no document. */
export type Verdict =
  | { readonly type: "ok"; readonly after: ReadonlyMap<string, Omit<MapEntry, "versionstamp"> | null> }
  | { readonly type: "failed" }
  | { readonly type: "misfit" };

/** Keys in [start, end) below a prefix; a missing bound is none. */
export interface Bounds {
  readonly prefix?: Key | undefined;
  readonly start?: Key | undefined;
  readonly end?: Key | undefined;
}

export class SortedMap {
  readonly states: MapState[] = [{ versionstamp: "0".repeat(20), entryByKey: new Map() }];
  /** Versionstamps that a key had earlier, by `keyText`. */
  readonly #earlier = new Map<string, string[]>();
  /** All versions of a key since its last purge, by `keyText`. */
  readonly #versions = new Map<string, MapVersion[]>();
  readonly #settings: MapSettings;

  constructor(settings: MapSettings = { history: 1, expireInMs: null }) {
    this.#settings = settings;
  }

  get state(): MapState {
    return this.states.at(-1) as MapState;
  }

  get(key: Key, nowMs: number): MapEntry | undefined {
    return presentEntry(this.state, keyText(key), nowMs);
  }

  /** A versionstamp that the key once had and has no more; one that never was, if there is none. */
  staleVersionstamp(key: Key): string {
    const current = this.state.entryByKey.get(keyText(key))?.versionstamp;
    const earlier = this.#earlier.get(keyText(key))?.findLast((one) => one !== current);
    return earlier ?? "00000000000000001234";
  }

  /** The last versions of a key, as many as are kept when `others`, which the map has not, count too. */
  history(key: Key, others: number): readonly MapVersion[] {
    const versions = this.#versions.get(keyText(key)) ?? [];
    return versions.slice(Math.max(0, versions.length - this.#settings.history + others));
  }

  /** Whether a commit of this versionstamp changed the key, as far as is remembered. */
  hasVersion(key: Key, versionstamp: string): boolean {
    return (
      this.#versions.get(keyText(key))?.some((version) => version.versionstamp === versionstamp) === true
    );
  }

  judge({ checks, mutations }: Commit, nowMs: number, state: MapState = this.state): Verdict {
    for (const { key, versionstamp } of checks) {
      const entry = presentEntry(state, keyText(key), nowMs);
      if ((entry?.versionstamp ?? null) !== versionstamp) return { type: "failed" };
    }
    const after = new Map<string, Omit<MapEntry, "versionstamp"> | null>();
    for (const mutation of mutations) {
      const text = keyText(mutation.key);
      const drafted = after.get(text);
      const before = drafted === undefined ? presentEntry(state, text, nowMs) : drafted;
      const isDead = before === null || before === undefined || before.expireAtMs <= nowMs;
      const applied = apply(mutation, isDead ? undefined : before, nowMs, this.#settings);
      if (applied === "misfit") return { type: "misfit" };
      after.set(text, applied);
    }
    return { type: "ok", after };
  }

  /** Applies a commit that was judged `ok`. @throws Error for a versionstamp that does not grow */
  commit(commit: Commit, versionstamp: string, nowMs: number): void {
    const verdict = this.judge(commit, nowMs);
    if (verdict.type !== "ok") throw new Error(`the model refuses what the store committed: ${verdict.type}`);
    if (!/^[0-9a-f]{20}$/.test(versionstamp) || versionstamp <= this.state.versionstamp) {
      throw new Error(`versionstamp ${versionstamp} does not follow ${this.state.versionstamp}`);
    }
    const entryByKey = new Map(this.state.entryByKey);
    for (const [text, entry] of verdict.after) {
      const before = entryByKey.get(text);
      if (before !== undefined) {
        this.#earlier.set(text, [...(this.#earlier.get(text) ?? []), before.versionstamp]);
      }
      const isPurged = commit.mutations.some(({ type, key }) => type === "purge" && keyText(key) === text);
      const versions = isPurged ? [] : (this.#versions.get(text) ?? []);
      // A document that grew, or that something else took the place of, is no older version.
      const older = versions.filter((version) => !(version.entry?.value instanceof KvDocument));
      this.#versions.set(text, [...older, { versionstamp, entry }]);
      if (entry === null) entryByKey.delete(text);
      else entryByKey.set(text, { ...entry, versionstamp });
    }
    this.states.push({ versionstamp, entryByKey });
  }

  /** Has `entries` in place of everything, from a versionstamp on. @throws Error for one that does not grow */
  replace(entries: readonly MapEntry[], versionstamp: string): void {
    if (versionstamp <= this.state.versionstamp) throw new Error(`${versionstamp} does not grow`);
    this.#versions.clear();
    const entryByKey = new Map(entries.map((entry) => [keyText(entry.key), { ...entry, versionstamp }]));
    for (const [text, entry] of entryByKey) this.#versions.set(text, [{ versionstamp, entry }]);
    this.states.push({ versionstamp, entryByKey });
  }

  /** Entries within bounds, in key order. */
  list(bounds: Bounds, nowMs: number, state: MapState = this.state): readonly MapEntry[] {
    return [...state.entryByKey.values()]
      .filter((entry) => entry.expireAtMs > nowMs && isWithin(bounds, entry.key))
      .toSorted((a, b) => compareKeys(a.key, b.key));
  }
}

export const isWithin = ({ prefix = [], start, end }: Bounds, key: Key): boolean =>
  key.length > prefix.length &&
  compareKeys(key.slice(0, prefix.length), prefix) === 0 &&
  (start === undefined || compareKeys(key, start) >= 0) &&
  (end === undefined || compareKeys(key, end) < 0);

const presentEntry = (state: MapState, text: string, nowMs: number): MapEntry | undefined => {
  const entry = state.entryByKey.get(text);
  return entry === undefined || entry.expireAtMs <= nowMs ? undefined : entry;
};

const apply = (
  mutation: Mutation,
  before: Pick<MapEntry, "value"> | undefined,
  nowMs: number,
  { expireInMs }: MapSettings,
): Omit<MapEntry, "versionstamp"> | null | "misfit" => {
  const { key } = mutation;
  switch (mutation.type) {
    case "delete":
    case "purge":
      return null;
    case "set": {
      const { expireIn = expireInMs ?? "never" } = mutation;
      const lifeMs = expireIn === "never" ? Number.POSITIVE_INFINITY : expireIn;
      return { key, value: mutation.value, expireAtMs: nowMs + lifeMs };
    }
    case "merge": {
      const value = before?.value;
      if (before !== undefined && !(value instanceof KvDocument)) return "misfit";
      const updates = [...((value as KvDocument | undefined)?.updates ?? []), mutation.update];
      return { key, value: new KvDocument(updates), expireAtMs: Number.POSITIVE_INFINITY };
    }
    default: {
      const value = before?.value;
      if (before !== undefined && !(value instanceof KvU64)) return "misfit";
      const total = combine(mutation.type, (value as KvU64 | undefined)?.value, mutation.operand);
      return { key, value: new KvU64(total), expireAtMs: Number.POSITIVE_INFINITY };
    }
  }
};

const combine = (type: "sum" | "min" | "max", before: bigint | undefined, operand: bigint): bigint => {
  if (before === undefined) return operand;
  if (type === "sum") return (before + operand) % 2n ** 64n;
  const isSmaller = operand < before;
  return (type === "min") === isSmaller ? operand : before;
};

/** One entry as a line of text. */
export const entryLine = ({ key, value, versionstamp }: Omit<MapEntry, "expireAtMs">): string =>
  `${keyText(key)} = ${valueText(value)} @ ${versionstamp}`;
