/**
 * The commands that the tests of the store draw: what an app does in any of its tabs, and what
 * happens to them. Each makes its calls and holds every answer against the oracle.
 */
import * as fc from "fast-check";
import type { Key, Kv, KvVersion, Selector } from "rockpool";
import { keyText, mustBeEqual, mustBeOneOf, valueText } from "./entry-text.ts";
import { anyBounds, anyCommit, anyKey, anyMutation, type DrawnCommit } from "./store-arbitrary.ts";
import {
  type Bounds,
  type Commit,
  entryLine,
  isWithin,
  type MapVersion,
  type Mutation,
  type SortedMap,
} from "./sorted-map.ts";
import { makeCommit, type Outcome, type StoreWorld } from "./store-world.ts";

export type StoreCommand = fc.AsyncCommand<SortedMap, StoreWorld>;

const tabsMax = 3;

const anyTab = fc.nat({ max: tabsMax - 1 });

/** A command whose name and arguments tell what it was. */
export const commandOf =
  <T>(name: string, run: (world: StoreWorld, argument: T) => Promise<void>) =>
  (argument: T): StoreCommand => ({
    check: () => true,
    run: (_map, world) => run(world, argument),
    toString: () => `${name}(${fc.stringify(argument)})`,
  });

interface OneMutation {
  readonly tab: number;
  readonly mutation: Mutation;
}

/** `set`, `delete` and `purge` by the methods of these names, the rest as an atomic operation. */
const mutate = commandOf<OneMutation>("mutate", async (world, { tab: index, mutation }) => {
  const tab = world.device.mustGetTab(index);
  const commit: Commit = { checks: [], mutations: [mutation] };
  const { key } = mutation;
  if (mutation.type === "set") {
    const { value, expireIn } = mutation;
    const result = await tab.kv.set(key, value, expireIn === undefined ? {} : { expireIn });
    if (!result.ok) throw new Error("a set was refused");
    world.map.commit(commit, result.versionstamp, world.nowMs);
  } else if (mutation.type === "delete" || mutation.type === "purge") {
    await tab.kv[mutation.type](key);
    world.map.commit(commit, versionstampAt(tab.observed.lastPosition()), world.nowMs);
  } else await world.commit(tab, commit);
  world.sawAll(tab);
});

const versionstampAt = (position: number): string => `${position.toString(16).padStart(16, "0")}0000`;

interface OneCommit {
  readonly tab: number;
  readonly commit: DrawnCommit;
}

const commit = commandOf<OneCommit>("commit", (world, { tab, commit }) =>
  world.commit(world.device.mustGetTab(tab), world.resolve(commit)),
);

interface ManyCommits {
  readonly tab: number;
  readonly commits: readonly DrawnCommit[];
}

/** Commits of one turn take effect in their order, each as if it were alone. */
const burst = commandOf<ManyCommits>("burst", async (world, { tab: index, commits }) => {
  const tab = world.device.mustGetTab(index);
  const asked = commits.map((drawn) => world.resolve(drawn));
  const outcomes = await Promise.all(asked.map((one) => makeCommit(tab.kv, one)));
  for (const [place, one] of asked.entries()) {
    const outcome = outcomes[place] as Outcome;
    mustBeEqual("a commit of a burst", [outcome.type], [world.map.judge(one, world.nowMs).type]);
    if (outcome.type === "ok") world.map.commit(one, outcome.versionstamp, world.nowMs);
  }
  if (asked.length > 0) world.sawAll(tab);
});

interface Race {
  /** What each tab commits, all at once. */
  readonly commitsByTab: readonly (readonly DrawnCommit[])[];
  readonly checkpoints: readonly number[];
}

/** Commits, reads and checkpoints of all tabs at once: there is one order that explains all answers. */
const race = commandOf<Race>("race", async (world, { commitsByTab, checkpoints }) => {
  const { device, map } = world;
  const first = map.states.length - 1;
  const made = commitsByTab.flatMap((commits, tab) =>
    commits.map((drawn) => {
      const asked = world.resolve(drawn);
      return { asked, tab, outcome: makeCommit(device.mustGetTab(tab).kv, asked) };
    }),
  );
  const dumps = device.tabs.map(({ kv }) => world.dump(kv, "strong"));
  const moves = checkpoints.map((tab) => device.mustGetTab(tab).host.checkpoint());
  const done = await Promise.all(made.map(async (one) => ({ ...one, outcome: await one.outcome })));
  await Promise.all(moves);
  const lastByTab = new Map<number, string>();
  for (const { tab, outcome } of done) {
    if (outcome.type !== "ok") continue;
    if (outcome.versionstamp <= (lastByTab.get(tab) ?? "")) throw new Error("a tab's commits changed places");
    lastByTab.set(tab, outcome.versionstamp);
  }
  for (const one of done.toSorted((a, b) => (stampOf(a) < stampOf(b) ? -1 : 1))) {
    if (one.outcome.type === "ok") map.commit(one.asked, one.outcome.versionstamp, world.nowMs);
  }
  const states = map.states.slice(first);
  for (const { asked, outcome } of done) {
    if (outcome.type === "ok") continue;
    const verdicts = states.map((state) => [map.judge(asked, world.nowMs, state).type]);
    mustBeOneOf("a commit of a race", [outcome.type], verdicts);
  }
  const possible = states.map((state) => map.list({}, world.nowMs, state).map(entryLine));
  for (const dump of await Promise.all(dumps)) mustBeOneOf("a tab in a race", dump, possible);
});

const stampOf = ({ outcome }: { readonly outcome: Outcome }): string =>
  outcome.type === "ok" ? outcome.versionstamp : "";

interface Read {
  readonly tab: number;
  readonly keys: readonly Key[];
  readonly consistency: "strong" | "eventual";
}

/** All keys at one state: the present one, or for an eventual read one that the tab had not yet left. */
const read = commandOf<Read>("read", async (world, { tab: index, keys, consistency }) => {
  const tab = world.device.mustGetTab(index);
  const [one] = keys;
  const entries =
    keys.length === 1 && one !== undefined
      ? [await tab.kv.get(one, { consistency })]
      : await tab.kv.getMany(keys, { consistency });
  const texts = keys.map(keyText);
  const lines = entries.map((entry) => world.line(entry));
  const states = consistency === "strong" ? [world.map.state] : world.statesSince(tab);
  const possible = states.map(({ entryByKey }) =>
    world.linesOf(
      texts.map((text) => entryByKey.get(text)),
      texts,
    ),
  );
  mustBeOneOf(`a read that is ${consistency}`, lines, possible);
  if (consistency === "strong") world.sawAll(tab);
});

interface List {
  readonly tab: number;
  readonly bounds: Bounds;
  readonly options: { readonly limit?: number; readonly batchSize?: number; readonly reverse?: boolean };
  /** Entries taken before the listing is left and resumed by its cursor. */
  readonly pauseAfter: number;
  /** A commit of another tab in the meantime. */
  readonly between: DrawnCommit;
}

const list = commandOf<List>("list", async (world, { tab: index, bounds, options, pauseAfter, between }) => {
  const { map } = world;
  const tab = world.device.mustGetTab(index);
  const order = (lines: readonly string[]): readonly string[] =>
    (options.reverse === true ? lines.toReversed() : lines).slice(0, options.limit);
  const expected = order(map.list(bounds, world.nowMs).map(entryLine));
  const iterator = tab.kv.list(bounds as Selector, options);
  const lines: string[] = [];
  let last: Key | undefined;
  for await (const entry of iterator) {
    lines.push(world.line(entry));
    last = entry.key;
    if (lines.length >= pauseAfter) break;
  }
  mustBeEqual("a list", lines, expected.slice(0, pauseAfter));
  world.sawAll(tab);
  if (last === undefined || lines.length < pauseAfter) return;
  const { cursor } = iterator;
  await world.commit(world.device.mustGetTab(index + 1), world.resolve(between));
  const behind = options.reverse === true ? { end: last } : { start: last };
  const rest = map
    .list(bounds, world.nowMs)
    .filter(({ key }) => keyText(key) !== keyText(last) && isWithin(behind, key))
    .map(entryLine);
  const resumed: string[] = [];
  for await (const entry of tab.kv.list(bounds as Selector, { ...options, cursor })) {
    resumed.push(world.line(entry));
  }
  mustBeEqual("a resumed list", resumed, order(rest));
});

interface History {
  readonly tab: number;
  readonly key: Key;
  readonly limit: number;
}

/** Every version that is kept is shown, the latest ones up to a limit, and can be read by its versionstamp. */
const history = commandOf<History>("history", async (world, { tab: index, key, limit }) => {
  if (world.hasForgotten) return;
  const { map, nowMs } = world;
  const { kv } = world.device.mustGetTab(index);
  const { shown, latest, entries } = await readVersions(kv, key, limit);
  const made = shown.filter(({ versionstamp }) => map.hasVersion(key, versionstamp));
  const kept = map.history(key, shown.length - made.length);
  mustBeEqual(`the history of ${keyText(key)}`, made.map(versionLine), kept.map(mapVersionLine));
  // What else is shown is the sweep's: the end of a version before it.
  for (const [place, { versionstamp, type }] of shown.entries()) {
    if (map.hasVersion(key, versionstamp)) continue;
    const before = shown[place - 1];
    const isEnd = type === "delete" && (before === undefined || (before.expireAt ?? Infinity) <= nowMs);
    if (!isEnd) throw new Error(`${keyText(key)} has a version ${versionstamp} that nobody made`);
  }
  mustBeEqual("the latest versions", latest.map(versionLine), shown.slice(-limit).map(versionLine));
  const lines = entries
    .filter((_, place) => map.hasVersion(key, (shown[place] as KvVersion<unknown>).versionstamp))
    .map(({ value, versionstamp }) => `${String(versionstamp)} ${valueText(value)}`);
  const standing = kept.map(({ entry, versionstamp }) =>
    entry === null || entry.expireAtMs <= nowMs ? "null null" : `${versionstamp} ${valueText(entry.value)}`,
  );
  mustBeEqual(`the versions of ${keyText(key)}`, lines, standing);
});

/** A key's versions read in three ways, with no sweep between: one may take place at any moment. */
const readVersions = async (kv: Kv, key: Key, limit: number) => {
  for (;;) {
    const shown = await kv.history(key);
    const [latest, ...entries] = await Promise.all([
      kv.history(key, { limit }),
      ...shown.map(({ versionstamp }) => kv.get(key, { versionstamp })),
    ]);
    const after = await kv.history(key);
    if (after.length === shown.length && after.at(-1)?.versionstamp === shown.at(-1)?.versionstamp) {
      return { shown, latest, entries };
    }
  }
};

const versionLine = ({ versionstamp, type, value, expireAt = Infinity }: KvVersion<unknown>): string =>
  `${versionstamp} ${type} ${valueText(value)} until ${expireAt}`;

const mapVersionLine = ({ versionstamp, entry }: MapVersion): string =>
  entry === null
    ? `${versionstamp} delete null until Infinity`
    : `${versionstamp} set ${valueText(entry.value)} until ${entry.expireAtMs}`;

interface Absence {
  /** The tab that hears of nothing, if all messages are lost. */
  readonly tab: number;
  readonly commits: readonly DrawnCommit[];
}

/** Another tab commits and moves it all into pages before this one looks; then each must know all. */
const absence = commandOf<Absence>("absence", async (world, { tab, commits }) => {
  const { device } = world;
  const other = device.tabs.length > 1 ? tab + 1 : tab;
  for (const drawn of commits) await world.commit(device.mustGetTab(other), world.resolve(drawn));
  await device.mustGetTab(other).host.checkpoint();
  const [last] = commits;
  if (last !== undefined) await world.commit(device.mustGetTab(other), world.resolve(last));
  await world.compare();
});

/** Timers fall due, of checkpoints too; entries expire. */
const advance = commandOf<number>("advance", ({ device }, ms) => device.advance(ms));

const checkpoint = commandOf<readonly number[]>("checkpoint", async ({ device }, tabs) => {
  await Promise.all(tabs.map((tab) => device.mustGetTab(tab).host.checkpoint()));
});

interface Reopen {
  readonly tab: number;
  readonly isKilled: boolean;
}

const reopen = commandOf<Reopen>("reopen", async (world, { tab, isKilled }) => {
  const before = world.device.mustGetTab(tab);
  await world.device.reopen(tab, isKilled);
  await world.resumeFeeds(before, world.device.mustGetTab(tab));
});

const openTab = commandOf<null>("openTab", async ({ device }) => {
  if (device.tabs.length < tabsMax) await device.openTab();
});

const closeTab = commandOf<number>("closeTab", async (world, tab) => {
  if (world.device.tabs.length === 1) return;
  await world.closeFeedsOf(world.device.mustGetTab(tab));
  await world.device.closeTab(tab);
});

const compare = commandOf<null>("compare", (world) => world.compare());

const anyList = fc.record({
  tab: anyTab,
  bounds: anyBounds,
  options: fc.record(
    {
      limit: fc.integer({ min: 1, max: 12 }),
      batchSize: fc.integer({ min: 1, max: 5 }),
      reverse: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  pauseAfter: fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 6 })),
  between: anyCommit,
});

const anyConsistency = fc.constantFrom("strong", "eventual");
const someKeys = fc.uniqueArray(anyKey, { minLength: 1, maxLength: 6, selector: keyText });
const someCommits = fc.array(anyCommit, { maxLength: 6 });

export const anyCommand: fc.Arbitrary<StoreCommand> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ tab: anyTab, mutation: anyMutation }).map(mutate) },
  { weight: 8, arbitrary: fc.record({ tab: anyTab, commit: anyCommit }).map(commit) },
  { weight: 4, arbitrary: fc.record({ tab: anyTab, commits: someCommits }).map(burst) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        commitsByTab: fc.array(someCommits, { minLength: 2, maxLength: tabsMax }),
        checkpoints: fc.array(anyTab, { maxLength: 2 }),
      })
      .map(race),
  },
  {
    weight: 5,
    arbitrary: fc.record({ tab: anyTab, keys: someKeys, consistency: anyConsistency }).map(read),
  },
  { weight: 5, arbitrary: anyList.map(list) },
  {
    weight: 5,
    arbitrary: fc.record({ tab: anyTab, key: anyKey, limit: fc.integer({ min: 1, max: 4 }) }).map(history),
  },
  { weight: 3, arbitrary: fc.record({ tab: anyTab, commits: someCommits }).map(absence) },
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 250, 600).map(advance) },
  { weight: 3, arbitrary: fc.array(anyTab, { minLength: 1, maxLength: 2 }).map(checkpoint) },
  { weight: 2, arbitrary: fc.record({ tab: anyTab, isKilled: fc.boolean() }).map(reopen) },
  { weight: 1, arbitrary: fc.constant(null).map(openTab) },
  { weight: 1, arbitrary: anyTab.map(closeTab) },
  { weight: 3, arbitrary: fc.constant(null).map(compare) },
);
