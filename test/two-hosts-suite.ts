/**
 * Two hosts on one log, both committing as fast as they can while both make checkpoints: nothing is
 * lost or torn. All that was committed, replayed in the order of its versionstamps onto a sorted map,
 * is what every host shows, each check included; so there was one order of commits.
 * A failure names its seed; set VITE_FC_SEED to run it again.
 */
import type { Key, Kv } from "rockpool";
import { describe, expect, test } from "vitest";
import { seededRandom } from "./fake-environment.ts";
import { createTally } from "./store/observed-log.ts";
import { type StoreBed, StoreDevice, type StoreTab, turn } from "./store/store-device.ts";
import { type Commit, entryLine, type Mutation, SortedMap } from "./store/sorted-map.ts";
import { makeCommit, StoreWorld } from "./store/store-world.ts";

export interface TwoHostsRun {
  readonly commits: number;
  readonly hasRelay: boolean;
}

export const describeTwoHosts = (
  name: string,
  createBed: () => StoreBed,
  runs: readonly TwoHostsRun[],
): void => {
  describe(`two hosts on one log: ${name}`, () => {
    test.each(runs)(
      "lose and tear none of $commits commits (with a relay: $hasRelay)",
      { timeout: 120_000 },
      (run) =>
        race(
          createBed(),
          run,
          Number(import.meta.env["VITE_FC_SEED"] ?? Math.floor(Math.random() * 2 ** 31)),
        ),
    );
  });
};

const race = async (bed: StoreBed, { commits, hasRelay }: TwoHostsRun, seed: number): Promise<void> => {
  const tally = createTally();
  const device = await StoreDevice.open(bed, { hasRelay, host: hostSettings, loss: 0.2, seed }, tally, 2);
  const history = new History();
  const random = seededRandom(seed);
  try {
    const writers = device.tabs.map((tab) => write(tab, commits / 2, history, random));
    await Promise.all([...writers, openThird(device, history, commits / 2)]);
    await expectHistory(device, history);
    const afterwards = await StoreDevice.reopen(device);
    await expectHistory(afterwards, history);
    await afterwards.close();
  } catch (cause) {
    throw new Error(`with seed ${seed}`, { cause });
  }
  expect(history.commits).toBeGreaterThanOrEqual(commits);
  expect(tally.checkpoints).toBeGreaterThan(commits / 500);
};

/** Pages and checkpoints are small, so that commits meet them all the time. */
const hostSettings = {
  limits: { rowsMax: 40, pagesMax: 6, pageEntries: 4, pageBytes: 600 },
  tailEntries: 150,
  tailBytes: 20_000,
};

/** What was committed by whom, in the order in which it was learned. */
class History {
  readonly #made: { readonly commit: Commit; readonly versionstamp: string }[] = [];
  #highest = "";

  get commits(): number {
    return this.#made.length;
  }

  /** Commits; null when a check does not hold. What was told before the call comes before it in the log. */
  async commit(kv: Kv, commit: Commit): Promise<string | null> {
    const before = this.#highest;
    const outcome = await makeCommit(kv, commit);
    if (outcome.type === "failed") return null;
    if (outcome.type !== "ok") throw new Error("a sum met what is no u64");
    const { versionstamp } = outcome;
    if (versionstamp <= before) throw new Error(`${versionstamp} was given after ${before}`);
    if (versionstamp > this.#highest) this.#highest = versionstamp;
    this.#made.push({ commit, versionstamp });
    return versionstamp;
  }

  /** Everything, one commit after another. @throws Error when there is no such order */
  replay(nowMs: number): SortedMap {
    const map = new SortedMap();
    const byVersionstamp = this.#made.toSorted((a, b) => (a.versionstamp < b.versionstamp ? -1 : 1));
    for (const { commit, versionstamp } of byVersionstamp) map.commit(commit, versionstamp, nowMs);
    return map;
  }

  /** What all increments of counters add up to: one each. */
  get increments(): number {
    return this.#made.filter(({ commit }) => commit.checks.length > 0).length;
  }

  get sums(): bigint {
    const mutations = this.#made.flatMap(({ commit }) => commit.mutations);
    return mutations.reduce((sum, one) => (one.type === "sum" ? sum + one.operand : sum), 0n);
  }
}

/** Commits in bursts until `count` are made, with reads now and then, and a checkpoint every 100. */
const write = async (tab: StoreTab, count: number, history: History, random: () => number): Promise<void> => {
  const draw = (below: number): number => Math.floor(random() * below);
  const checkpoints: Promise<void>[] = [];
  for (let made = 0; made < count;) {
    const burst = Math.min(count - made, 1 + draw(40));
    made += burst;
    const calls = Array.from({ length: burst }, () => step(tab.kv, history, draw));
    if (Math.floor(made / 100) > Math.floor((made - burst) / 100)) checkpoints.push(tab.host.checkpoint());
    if (draw(4) === 0) calls.push(expectPairs(tab.kv, draw(2) === 0 ? "strong" : "eventual"));
    await Promise.all(calls);
  }
  await Promise.all(checkpoints);
};

const step = async (kv: Kv, history: History, draw: (below: number) => number): Promise<void> => {
  const place = draw(8);
  switch (draw(5)) {
    case 0: {
      const value = `${draw(1e9)} ${"x".repeat(draw(80))}`;
      const set = (side: string): Mutation => ({ type: "set", key: ["pair", place, side], value });
      return blindly(kv, history, [set("left"), set("right")]);
    }
    case 1: {
      const remove = (side: string): Mutation => ({ type: "delete", key: ["pair", place, side] });
      return blindly(kv, history, [remove("right"), remove("left")]);
    }
    case 2:
      return blindly(kv, history, [{ type: "sum", key: ["sum", place], operand: BigInt(1 + draw(1000)) }]);
    case 3:
      return increment(kv, history, ["counter", place]);
    default:
      return blindly(kv, history, [
        draw(3) === 0
          ? { type: "delete", key: ["plain", place] }
          : { type: "set", key: ["plain", place], value: draw(9) },
      ]);
  }
};

const blindly = async (kv: Kv, history: History, mutations: readonly Mutation[]): Promise<void> => {
  const versionstamp = await history.commit(kv, { checks: [], mutations });
  if (versionstamp === null) throw new Error("a blind commit failed");
};

/** Reads, adds one and writes what was read unchanged by others; until it succeeds. */
const increment = async (kv: Kv, history: History, key: Key): Promise<void> => {
  let committed: string | null = null;
  while (committed === null) {
    const { value, versionstamp } = await kv.get<number>(key);
    const mutations: readonly Mutation[] = [{ type: "set", key, value: (value ?? 0) + 1 }];
    committed = await history.commit(kv, { checks: [{ key, versionstamp }], mutations });
  }
};

/** Keys that are always written together are read alike, by one call and by a list in one batch. */
const expectPairs = async (kv: Kv, consistency: "strong" | "eventual"): Promise<void> => {
  const places = Array.from({ length: 8 }, (_, place) => place);
  const keys = places.flatMap((place): Key[] => [
    ["pair", place, "left"],
    ["pair", place, "right"],
  ]);
  const entries = await kv.getMany(keys, { consistency });
  for (const place of places) {
    const [left, right] = entries.slice(2 * place, 2 * place + 2);
    if (left?.versionstamp !== right?.versionstamp || left?.value !== right?.value) {
      throw new Error(`pair ${place} is torn: ${String(left?.value)}, ${String(right?.value)}`);
    }
  }
  const sides = new Map<unknown, string[]>();
  for await (const { key, versionstamp } of kv.list({ prefix: ["pair"] }, { consistency })) {
    sides.set(key[1], [...(sides.get(key[1]) ?? []), versionstamp]);
  }
  for (const [place, [left, right]] of sides) {
    if (left !== right) throw new Error(`pair ${String(place)} is listed torn: ${left}, ${right}`);
  }
};

/** A third host that opens when so many commits are made, and looks at the pairs until all are. */
const openThird = async (device: StoreDevice, history: History, after: number): Promise<void> => {
  while (history.commits < after) await turn();
  await device.openTab();
  const third = device.mustGetTab(2);
  while (history.commits < 2 * after) {
    await expectPairs(third.kv, "strong");
    // Looks without a pause would be most of what the log has to do.
    for (let turns = 0; turns < 30; turns++) await turn();
  }
};

const expectHistory = async (device: StoreDevice, history: History): Promise<void> => {
  const map = history.replay(device.nowMs);
  const world = new StoreWorld(device, map);
  await world.compare();
  const entries = map.list({}, device.nowMs);
  const expected = entries.map(entryLine);
  expect(expected.length).toBeGreaterThan(8);
  const [tab] = device.tabs;
  let increments = 0;
  let sums = 0n;
  for await (const { key, value } of (tab as StoreTab).kv.list({ prefix: [] })) {
    if (key[0] === "counter") increments += value as number;
    if (key[0] === "sum") sums += (value as { value: bigint }).value;
  }
  expect({ increments, sums }).toEqual({ increments: history.increments, sums: history.sums });
};
