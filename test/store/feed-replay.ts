/**
 * Readers of feeds that check every item against the oracle: replaying a feed of changes gives, after
 * each item, the state as of that item's versionstamp, whole; a watch shows states in their order.
 * Nothing is told of an entry that expires, so what has expired may be shown or not.
 */
import {
  any,
  type ChangeItem,
  type Key,
  type KeyPart,
  type Kv,
  type KvEntryMaybe,
  type KvVersion,
  rest,
} from "rockpool";
import { keyText, valueText } from "./entry-text.ts";
import { isWithin, type MapEntry, type MapState, type SortedMap } from "./sorted-map.ts";
import type { Tally } from "./observed-log.ts";
import type { DrawnFeed, DrawnSelector } from "./store-arbitrary.ts";

export interface FeedReplay {
  readonly name: string;
  /** Judges the items that came. @throws Error for one that shows a state there never was */
  judge(map: SortedMap, nowMs: number): void;
  /** What the reader shows in place of the present state; undefined when they are the same. */
  lag(map: SortedMap, nowMs: number): string | undefined;
  /** The same reader in another tab, from where it stands. */
  resume(kv: Kv): Promise<FeedReplay>;
  close(): Promise<void>;
}

type Entry = KvEntryMaybe<unknown>;
/** Of a history its entries are versions. */
type Item = ChangeItem<unknown, Entry | KvVersion<unknown>>;

/** What a reader of changes has put together from items. */
interface Replayed {
  /** Where it can resume; undefined before the first item of a reader that did not resume. */
  versionstamp: string | undefined;
  readonly shown: Map<string, Entry>;
  /** What changed up to here was never asked for. */
  floor: string;
}

/** Reads a feed of changes, beginning with what it would have seen at the state it resumes from. */
export const replayChanges = (
  kv: Kv,
  map: SortedMap,
  feed: DrawnFeed,
  name: string,
  tally: Tally,
): FeedReplay => {
  const replayed: Replayed = { versionstamp: undefined, shown: new Map(), floor: "" };
  if (feed.since !== undefined) {
    const state = map.states[feed.since % map.states.length] as MapState;
    replayed.versionstamp = state.versionstamp;
    for (const [text, entry] of state.entryByKey) {
      if (isSelected(feed.selector, entry.key)) replayed.shown.set(text, entry);
    }
  }
  return readChanges(kv, feed, name, tally, replayed);
};

const readChanges = (kv: Kv, feed: DrawnFeed, name: string, tally: Tally, replayed: Replayed): FeedReplay => {
  const { selector, include, values, deletes, pending, isSlow } = feed;
  const { versionstamp: since, shown } = replayed;
  const isFromNow = include === "updates" && (since === undefined || since === nothingSeen);
  // Who resumes from nothing begins with nothing.
  if (since === undefined || since === nothingSeen) shown.clear();
  const options = {
    include,
    values,
    deletes,
    pending,
    ...(since === undefined ? {} : { since }),
  };
  const stream = kv.changes(selector as { prefix: Key }, options as object) as ReadableStream<Item>;
  const reader = stream.getReader();
  const items = isSlow ? collectSlowly(reader) : collect(reader);
  let isReady = false;
  const isMine = (entry: MapEntry): boolean =>
    isSelected(selector, entry.key) && entry.versionstamp > replayed.floor;
  const how = { values, deletes };
  const take = (item: Item): void => {
    const before = item.type === "reset" ? "" : (replayed.versionstamp ?? "");
    if (item.versionstamp < before) throw new Error(`${name} went back to ${item.versionstamp}`);
    replayed.versionstamp = item.versionstamp;
    if (item.type === "reset") {
      tally.resets++;
      shown.clear();
      replayed.floor = "";
    } else if (item.type === "ready") {
      if (isFromNow && !isReady) replayed.floor = item.versionstamp;
      isReady = true;
    } else {
      for (const entry of item.entries) {
        if (!isSelected(selector, entry.key)) throw new Error(`${name} was told of ${entryText(entry)}`);
        const isDeletion = entry.versionstamp === null || ("type" in entry && entry.type === "delete");
        if (!deletes && isDeletion) throw new Error(`${name} was told of a deletion`);
        if (!values && entry.value !== (isDeletion ? null : undefined)) {
          throw new Error(`${name} was given the value of ${entryText(entry)}`);
        }
        shown.set(keyText(entry.key), isDeletion ? absent(entry.key) : entry);
      }
    }
  };
  return {
    name,
    judge: (map, nowMs) => {
      for (const item of items.take()) {
        take(item);
        if (item.type === "update" && item.more === true) tally.parts++;
        const isState = item.type === "ready" || (item.type === "update" && item.more !== true);
        if (!isState) continue;
        const state = map.states.findLast((one) => one.versionstamp <= item.versionstamp) as MapState;
        const difference = differenceOf(state, shown, isMine, nowMs, how);
        if (difference !== undefined) {
          throw new Error(`${name}: after ${itemText(item)} the replay is no state: ${difference}`);
        }
      }
    },
    lag: (map, nowMs) => (isReady ? differenceOf(map.state, shown, isMine, nowMs, how) : "not ready"),
    resume: async (other) => {
      // What was read but not judged is as if it had not come.
      await reader.cancel().catch(() => {});
      return readChanges(other, feed, name, tally, replayed);
    },
    close: () => reader.cancel(),
  };
};

const absent = (key: Key): Entry => ({ key, value: null, versionstamp: null });

const nothingSeen = "0".repeat(20);

const isSelected = (selector: DrawnSelector, key: Key): boolean => {
  if ("keys" in selector) return selector.keys.some((one) => keyText(one) === keyText(key));
  if (!("pattern" in selector)) return isWithin(selector, key);
  const { pattern } = selector;
  const hasRest = pattern.at(-1) === rest;
  const shape = hasRest ? pattern.slice(0, -1) : pattern;
  if (hasRest ? key.length <= shape.length : key.length !== shape.length) return false;
  return shape.every(
    (part, index) => part === any || keyText([part as KeyPart]) === keyText(key.slice(index, index + 1)),
  );
};

/** Reads a watch of keys to its end. */
export const replayWatch = (kv: Kv, keys: readonly Key[], name: string): FeedReplay => {
  const reader = kv.watch(keys).getReader();
  const items = collect<readonly Entry[]>(reader);
  const texts = new Set(keys.map(keyText));
  const isMine = ({ key }: MapEntry): boolean => texts.has(keyText(key));
  let shown: ReadonlyMap<string, Entry> | undefined;
  let seen = 0;
  return {
    name,
    judge: (map, nowMs) => {
      for (const item of items.take()) {
        const now = new Map(item.map((entry) => [keyText(entry.key), entry]));
        const found = map.states.findIndex(
          (state, index) => index >= seen && differenceOf(state, now, isMine, nowMs, whole) === undefined,
        );
        if (found === -1) {
          throw new Error(`${name}: ${item.map(entryText).join(", ")} is no state after that of ${seen}`);
        }
        seen = found;
        shown = now;
      }
    },
    lag: (map, nowMs) =>
      shown === undefined ? "nothing shown" : differenceOf(map.state, shown, isMine, nowMs, whole),
    resume: async (other) => {
      await reader.cancel().catch(() => {});
      return replayWatch(other, keys, name);
    },
    close: () => reader.cancel(),
  };
};

interface Items<T> {
  /** Those that came since they were taken last. */
  take(): readonly T[];
}

/** Reads on its own, so that a slow judge is no slow reader. */
const collect = <T>(reader: ReadableStreamDefaultReader<T>): Items<T> => {
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

/** Reads one item whenever the judge has taken the last. */
const collectSlowly = <T>(reader: ReadableStreamDefaultReader<T>): Items<T> => {
  let items: T[] = [];
  let failure: unknown;
  let isReading = false;
  const read = async (): Promise<void> => {
    isReading = true;
    const next = await reader.read();
    isReading = false;
    if (!next.done) items.push(next.value);
  };
  return {
    take: () => {
      if (failure !== undefined) throw failure as Error;
      const taken = items;
      items = [];
      if (!isReading) {
        read().catch((error: unknown) => {
          failure = error;
        });
      }
      return taken;
    },
  };
};

/** What a reader asked to be told. */
interface Asked {
  readonly values: boolean;
  readonly deletes: boolean;
}

const whole: Asked = { values: true, deletes: true };

/** Where what is shown differs from a state; undefined where it does not, expired entries aside. */
const differenceOf = (
  state: MapState,
  shown: ReadonlyMap<string, Entry>,
  isMine: (entry: MapEntry) => boolean,
  nowMs: number,
  { values, deletes }: Asked,
): string | undefined => {
  for (const [text, entry] of state.entryByKey) {
    if (!isMine(entry) || entry.expireAtMs <= nowMs) continue;
    const found = shown.get(text);
    const isSame =
      found?.versionstamp === entry.versionstamp &&
      (!values || valueText(found.value) === valueText(entry.value));
    const what = found === undefined ? `${text} is missing` : entryText(found);
    if (!isSame) return `${what}, not ${entry.versionstamp}`;
  }
  if (!deletes) return undefined;
  for (const [text, entry] of shown) {
    if (entry.versionstamp !== null && !state.entryByKey.has(text)) return `${entryText(entry)} was deleted`;
  }
  return undefined;
};

const entryText = ({ key, value, versionstamp }: Entry | KvVersion<unknown>): string =>
  `${keyText(key)} = ${versionstamp === null ? "nothing" : valueText(value)} @ ${versionstamp}`;

const itemText = (item: Item): string =>
  item.type !== "update" ? item.type : `{ ${item.entries.map(entryText).join(", ")} }`;
