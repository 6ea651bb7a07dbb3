/**
 * A device beside its oracle: makes calls on one and holds what came of them against the other.
 * Whatever differs is thrown, and says what it was.
 */
import type { Kv, KvEntryMaybe } from "rockpool";
import { keyText, mustBeEqual } from "./entry-text.ts";
import type { FeedReplay } from "./feed-replay.ts";
import type { DrawnCommit } from "./store-arbitrary.ts";
import { type StoreDevice, type StoreTab, turn } from "./store-device.ts";
import { type Commit, entryLine, type MapEntry, type MapState, type SortedMap } from "./sorted-map.ts";

/** What a commit came to. */
export type Outcome =
  | { readonly type: "ok"; readonly versionstamp: string }
  | { readonly type: "failed" }
  | { readonly type: "misfit" };

export interface OpenFeed {
  readonly tab: StoreTab;
  readonly replay: FeedReplay;
}

/** Turns that hosts are given to tell their feeds of what they know. */
const settleTurnsMax = 400;

export class StoreWorld {
  readonly device: StoreDevice;
  readonly map: SortedMap;
  feeds: OpenFeed[] = [];
  readonly backups: { readonly blob: Blob; readonly entries: readonly MapEntry[] }[] = [];
  /** Deletions were forgotten, which the map remembers. */
  hasForgotten = false;
  /** The state that a tab has certainly seen. */
  readonly #floorByTab = new WeakMap<StoreTab, number>();

  constructor(device: StoreDevice, map: SortedMap) {
    this.device = device;
    this.map = map;
  }

  get nowMs(): number {
    return this.device.nowMs;
  }

  /** Names the versionstamps that checks were drawn to ask for. */
  resolve({ checks, mutations }: DrawnCommit): Commit {
    return {
      mutations,
      checks: checks.map(({ key, of }) => {
        if (of === "absent") return { key, versionstamp: null };
        const current = this.map.get(key, this.nowMs)?.versionstamp ?? null;
        return { key, versionstamp: of === "current" ? current : this.map.staleVersionstamp(key) };
      }),
    };
  }

  /** Makes a commit with no other under way, and applies it to the oracle. */
  async commit(tab: StoreTab, commit: Commit): Promise<void> {
    const verdict = this.map.judge(commit, this.nowMs);
    const outcome = await makeCommit(tab.kv, commit);
    mustBeEqual("a commit", [outcome.type], [verdict.type]);
    if (outcome.type === "ok") this.map.commit(commit, outcome.versionstamp, this.nowMs);
    this.sawAll(tab);
  }

  /** The tab has seen every state there is. */
  sawAll(tab: StoreTab): void {
    this.#floorByTab.set(tab, this.map.states.length - 1);
  }

  /** The states a tab may show without having looked: from the last it saw. */
  statesSince(tab: StoreTab): readonly MapState[] {
    return this.map.states.slice(this.#floorByTab.get(tab) ?? 0);
  }

  /** The bucket in every tab is the oracle, and so is what its feeds have told. */
  async compare(): Promise<void> {
    const expected = this.map.list({}, this.nowMs).map(entryLine);
    for (const tab of this.device.tabs) {
      mustBeEqual("a tab", await this.dump(tab.kv, "strong"), expected);
      mustBeEqual("its memory", await this.dump(tab.kv, "eventual"), expected);
      this.sawAll(tab);
    }
    await this.settleFeeds();
    if (this.device.settings.hasRelay) await this.#settlePending();
  }

  /** Everything in a bucket, read in one snapshot, with versionstamps. */
  async dump(kv: Kv, consistency: "strong" | "eventual"): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const entry of kv.list({ prefix: [] }, { batchSize: 1000, consistency })) {
      lines.push(this.line(entry));
    }
    return lines;
  }

  /** An entry as a line, its part in sync checked on the way: here nothing is ever confirmed. */
  line(entry: KvEntryMaybe<unknown>): string {
    const { key, value, versionstamp, pending, revision } = entry;
    if (versionstamp === null) return absentLine(keyText(key));
    const expected = this.device.settings.hasRelay ? ["true", "null"] : ["undefined", "undefined"];
    mustBeEqual(`pending and revision of ${keyText(key)}`, [String(pending), String(revision)], expected);
    return entryLine({ key, value, versionstamp });
  }

  /** Entries of a state as lines, in the order given. */
  linesOf(entries: Iterable<MapEntry | undefined>, texts: readonly string[]): readonly string[] {
    return [...entries].map((entry, index) =>
      entry === undefined || entry.expireAtMs <= this.nowMs
        ? absentLine(texts[index] ?? "")
        : entryLine(entry),
    );
  }

  /** Waits until every feed shows the present state. Its tab must have seen it. */
  async settleFeeds(): Promise<void> {
    for (const { replay } of this.feeds) {
      await eventually(() => {
        replay.judge(this.map, this.nowMs);
        const lag = replay.lag(this.map, this.nowMs);
        return lag === undefined ? undefined : `${replay.name} lags: ${lag}`;
      });
    }
  }

  /** Feeds of a tab that is gone go on in another. */
  async resumeFeeds(from: StoreTab, to: StoreTab): Promise<void> {
    this.feeds = await Promise.all(
      this.feeds.map(async (feed) =>
        feed.tab === from ? { tab: to, replay: await feed.replay.resume(to.kv) } : feed,
      ),
    );
  }

  async closeFeedsOf(tab: StoreTab): Promise<void> {
    const mine = this.feeds.filter((feed) => feed.tab === tab);
    this.feeds = this.feeds.filter((feed) => feed.tab !== tab);
    await Promise.all(mine.map(({ replay }) => replay.close()));
  }

  /** Every commit still waits for the relay, in the eyes of each tab. */
  async #settlePending(): Promise<void> {
    const commits = this.map.states.length - 1;
    for (const { kv } of this.device.tabs) {
      await eventually(() => {
        const { pending } = kv.sync.status;
        return pending === commits ? undefined : `${pending} commits are pending, not ${commits}`;
      });
    }
  }
}

/** Asks a bucket for a commit; a lone set or delete without checks by the method of its name. */
export const makeCommit = async (kv: Kv, { checks, mutations }: Commit): Promise<Outcome> => {
  const operation = kv.atomic().check(...checks);
  for (const mutation of mutations) {
    const { key } = mutation;
    if (mutation.type === "set") {
      const { value, expireIn } = mutation;
      operation.set(key, value, expireIn === undefined ? undefined : { expireIn });
    } else if ("operand" in mutation) operation[mutation.type](key, mutation.operand);
    else if (mutation.type === "merge") operation.merge(key, mutation.update);
    else operation[mutation.type](key);
  }
  try {
    const result = await operation.commit();
    return result.ok ? { type: "ok", versionstamp: result.versionstamp } : { type: "failed" };
  } catch (error) {
    const isMisfit = error instanceof TypeError && /on a non-(U64|document) value/.test(error.message);
    if (isMisfit) return { type: "misfit" };
    throw error;
  }
};

const absentLine = (text: string): string => `${text} is absent`;

const eventually = async (findLag: () => string | undefined): Promise<void> => {
  let lag = findLag();
  for (let turns = 0; lag !== undefined && turns < settleTurnsMax; turns++) {
    await turn();
    lag = findLag();
  }
  if (lag !== undefined) throw new Error(lag);
};
