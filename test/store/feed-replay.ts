/**
 * Readers of feeds that check every item against the oracle: replaying a feed of changes gives, after
 * each item, the state as of that item's versionstamp, whole; a watch shows states in their order.
 * Nothing is told of an entry that expires, so what has expired may be shown or not.
 */
import type { ChangeItem, Key, Kv, KvEntryMaybe } from "rockpool";
import { keyText, valueText } from "./entry-text.ts";
import { type Bounds, isWithin, type MapState, type SortedMap } from "./sorted-map.ts";

export interface FeedReplay {
  readonly name: string;
  /** Judges the items that came. @throws Error for one that shows a state there never was */
  judge(map: SortedMap, nowMs: number): void;
  /** What the reader shows in place of the present state; undefined when they are the same. */
  lag(map: SortedMap, nowMs: number): string | undefined;
  close(): Promise<void>;
}

type Entry = KvEntryMaybe<unknown>;

/** Reads a feed of changes to its end. */
export const replayChanges = (kv: Kv, bounds: Bounds, name: string): FeedReplay => {
  const reader = kv.changes(bounds as { prefix: Key }).getReader();
  const items = collect(reader);
  const shown = new Map<string, Entry>();
  let versionstamp = "";
  let isReady = false;
  const isMine = (key: Key): boolean => isWithin(bounds, key);
  const take = (item: ChangeItem<unknown>): void => {
    if (item.versionstamp < versionstamp) throw new Error(`${name} went back to ${item.versionstamp}`);
    ({ versionstamp } = item);
    if (item.type === "ready") isReady = true;
    else for (const entry of item.entries) shown.set(keyText(entry.key), entry);
  };
  return {
    name,
    judge: (map, nowMs) => {
      for (const item of items.take()) {
        take(item);
        const state = map.states.findLast((one) => one.versionstamp <= item.versionstamp) as MapState;
        const difference = differenceOf(state, shown, isMine, nowMs);
        if (difference !== undefined) {
          throw new Error(`${name}: after ${itemText(item)} the replay is no state: ${difference}`);
        }
      }
    },
    lag: (map, nowMs) => (isReady ? differenceOf(map.state, shown, isMine, nowMs) : "not ready"),
    close: () => reader.cancel(),
  };
};

/** Reads a watch of keys to its end. */
export const replayWatch = (kv: Kv, keys: readonly Key[], name: string): FeedReplay => {
  const reader = kv.watch(keys).getReader();
  const items = collect<readonly Entry[]>(reader);
  const texts = new Set(keys.map(keyText));
  const isMine = (key: Key): boolean => texts.has(keyText(key));
  let shown: ReadonlyMap<string, Entry> | undefined;
  let seen = 0;
  return {
    name,
    judge: (map, nowMs) => {
      for (const item of items.take()) {
        const now = new Map(item.map((entry) => [keyText(entry.key), entry]));
        const found = map.states.findIndex(
          (state, index) => index >= seen && differenceOf(state, now, isMine, nowMs) === undefined,
        );
        if (found === -1) {
          throw new Error(`${name}: ${item.map(entryText).join(", ")} is no state after that of ${seen}`);
        }
        seen = found;
        shown = now;
      }
    },
    lag: (map, nowMs) =>
      shown === undefined ? "nothing shown" : differenceOf(map.state, shown, isMine, nowMs),
    close: () => reader.cancel(),
  };
};

/** Reads on its own, so that a slow judge is no slow reader. */
const collect = <T>(reader: ReadableStreamDefaultReader<T>): { take(): readonly T[] } => {
  let items: T[] = [];
  let failure: unknown;
  const read = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) items.push(next.value);
  };
  read().catch((error: unknown) => {
    failure = error;
  });
  return {
    take: () => {
      if (failure !== undefined) throw failure as Error;
      const taken = items;
      items = [];
      return taken;
    },
  };
};

/** Where what is shown differs from a state; undefined where it does not, expired entries aside. */
const differenceOf = (
  state: MapState,
  shown: ReadonlyMap<string, Entry>,
  isMine: (key: Key) => boolean,
  nowMs: number,
): string | undefined => {
  for (const [text, entry] of state.entryByKey) {
    if (!isMine(entry.key) || entry.expireAtMs <= nowMs) continue;
    const found = shown.get(text);
    const isSame =
      found?.versionstamp === entry.versionstamp && valueText(found.value) === valueText(entry.value);
    const what = found === undefined ? `${text} is missing` : entryText(found);
    if (!isSame) return `${what}, not ${entry.versionstamp}`;
  }
  for (const [text, entry] of shown) {
    if (entry.versionstamp !== null && !state.entryByKey.has(text)) return `${entryText(entry)} was deleted`;
  }
  return undefined;
};

const entryText = ({ key, value, versionstamp }: Entry): string =>
  `${keyText(key)} = ${versionstamp === null ? "nothing" : valueText(value)} @ ${versionstamp}`;

const itemText = (item: ChangeItem<unknown>): string =>
  item.type === "ready" ? "ready" : `{ ${item.entries.map(entryText).join(", ")} }`;
