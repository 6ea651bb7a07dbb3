/**
 * The reckoning at the end of a run, when all is quiet: every commit that a disk still knows was ruled
 * and its app told, and relay, oracle and every tab hold the same.
 */
import {
  type CommitResult,
  isInScope,
  type Mutation,
  nameKey,
  type PackedKey,
  type PatchEntry,
} from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import { seeHandedOver } from "./attach-inspector.ts";
import { briefKeys, counterKeys } from "./draw-commit.ts";
import { textOfContent } from "./expected-view.ts";
import type { Run } from "./run.ts";
import { same, Violation } from "./violation.ts";
import type { VirtualDevice } from "./virtual-device.ts";
import { textOf } from "./tab-asks.ts";
import type { VirtualTab } from "./virtual-device.ts";

/** @throws Violation */
export const reckon = async (run: Run): Promise<void> => {
  const held = await seeRelay(run);
  seeSums(run);
  for (const device of run.devices) {
    seeCommits(run, device);
    seeHandedOver(run.oracle, run.inspector.historyOf(device));
    for (const tab of device.tabs) await seeTab(run, tab, held);
  }
};

/** The relay holds what the oracle does. */
const seeRelay = async ({ relay, oracle }: Run): Promise<ReadonlyMap<PackedKey, string>> => {
  const { entries, head } = await relay.read();
  same(3, "relay", oracle.head, head);
  const held = textsOf(entries);
  const expected = textsOf(oracle.latest.values());
  for (const key of new Set([...held.keys(), ...expected.keys()])) {
    same(3, "relay", expected.get(key), held.get(key), key);
  }
  return held;
};

/** Entries as texts by key, tombstones left out. */
const textsOf = (entries: Iterable<PatchEntry>): ReadonlyMap<PackedKey, string> => {
  const textByKey = new Map<PackedKey, string>();
  for (const { key, value, expireAt } of entries) {
    const text = textOfContent(value, expireAt);
    if (text !== undefined) textByKey.set(key, text);
  }
  return textByKey;
};

/** Counters are what was added to them: said by the commits themselves. */
const seeSums = ({ oracle }: Run): void => {
  const added = new Map<PackedKey, bigint>();
  for (const [name, { ruling }] of oracle.history.resultByName) {
    if (ruling.type !== "accepted") continue;
    const commit = oracle.commitByName.get(name);
    const lost = new Set(ruling.superseded.map(({ mutation }) => mutation));
    for (const [index, mutation] of (commit?.mutations ?? []).entries()) {
      if (lost.has(index)) continue;
      const sum = addedBy(mutation);
      if (sum !== undefined) added.set(mutation.key, (added.get(mutation.key) ?? 0n) + sum);
    }
  }
  for (const key of counterKeys) {
    const { value } = oracle.latest.get(key) ?? {};
    same(2, "relay", added.get(key), value?.encoding === "u64" ? value.data : undefined, key);
  }
};

/** What was added before there was a relay came to it as one set. */
const addedBy = (mutation: Mutation): bigint | undefined => {
  if (mutation.type === "sum") return mutation.operand;
  const isInitial = mutation.type === "set" && mutation.initial === true;
  return isInitial && mutation.value.encoding === "u64" ? mutation.value.data : undefined;
};

/** Every commit that the disk still knows was ruled, and stands as it was ruled. */
const seeCommits = (run: Run, device: VirtualDevice): void => {
  const history = run.inspector.historyOf(device);
  const [tab] = device.tabs;
  if (tab === undefined) throw new Error(`${device.name} has no tab at the end`);
  const { tracked } = tab.host.state;
  for (const commit of history.commitsAndParts) {
    const { text } = commit;
    if (history.leavesOf(text).length > 1) continue;
    const at = `${device.name}, commit ${text}`;
    const result = run.oracle.history.resultByName.get(text) ?? run.oracle.resultOfAnother(text);
    const here = tracked.get(text);
    if (history.decidedAt.has(text)) continue;
    if (here === undefined) {
      throw new Violation({ invariant: 1, at, expected: "to be remembered", found: "nothing" });
    }
    if (here.reason?.type === "unknown") continue;
    if (result === undefined) {
      // A relay that was put back rules again on what it had accepted; what it had rejected stays with the app.
      if (here.state === "rejected" && run.oracle.hasLostRejection(text)) continue;
      throw new Violation({ invariant: 1, at, expected: "a ruling", found: "none" });
    }
    // A copy of the device may have had it ruled again since; the app decides on what it was told.
    if (run.relayWasRestored && here.state === "rejected") continue;
    const expected = result.ruling.type === "accepted" ? "confirmed" : "rejected";
    same(
      1,
      at,
      { state: expected, revision: result.revision },
      { state: here.state, revision: here.revision },
    );
    for (const one of device.tabs) {
      if (expected === "rejected" && !run.apps.isToldByEvent(one, commit)) continue;
      if (here.versionstamp >= one.openedAt) seeTold(one, here, result);
    }
  }
};

/** A tab that was there when a commit was made was told of what became of it, unless all is well. */
const seeTold = (
  tab: VirtualTab,
  { commit: { mutations }, versionstamp }: TrackedCommit,
  { name, ruling }: CommitResult,
): void => {
  const at = `a tab of ${tab.device.name}, commit ${nameKey(name)}`;
  if (ruling.type === "rejected") {
    const isTold = tab.events.some(
      (event) =>
        event.type === "rejected" &&
        event.groups.some(({ commits }) => commits.some((commit) => commit.versionstamp === versionstamp)),
    );
    if (!isTold) {
      throw new Violation({
        invariant: 5,
        at,
        expected: "an event that says it was rejected",
        found: "none",
      });
    }
    return;
  }
  const told = tab.events.flatMap((event) =>
    event.type === "superseded" ? event.writes.filter((write) => write.versionstamp === versionstamp) : [],
  );
  for (const { mutation, winner } of ruling.superseded) {
    const { key } = mutations[mutation] as Mutation;
    const expected = winner === undefined ? null : nameKey(winner);
    const found = told.filter((write) => write.mutation.key === key).map((write) => write.winner);
    if (found.includes(expected)) continue;
    throw new Violation({ invariant: 5, at, key, expected: `an event that it lost to ${expected}`, found });
  }
};

/** What a tab lists, and what its feed came to, is what the relay holds. */
const seeTab = async (run: Run, tab: VirtualTab, all: ReadonlyMap<PackedKey, string>): Promise<void> => {
  // It was found, and put right; but nothing may come to that.
  if (tab.events.some(({ type }) => type === "diverged")) {
    throw new Violation({
      invariant: 3,
      at: tab.device.name,
      expected: "what the relay holds",
      found: "other",
    });
  }
  const scope = run.scopeOf(tab.device, tab.host.state.session.followed);
  const held = new Map([...all].filter(([key]) => isInScope(scope, key)));
  const listed = await run.world.resolved(tab.list());
  const texts = new Map(listed.map(({ key, value }) => [key, textOf(value)]));
  const fed = tab.hasLostFeed ? undefined : run.fedByTab.get(tab);
  for (const key of new Set([...held.keys(), ...texts.keys(), ...(fed?.keys() ?? [])])) {
    if (briefKeys.has(key)) continue;
    same(3, tab.device.name, held.get(key), texts.get(key), key);
    if (fed !== undefined) same(3, `a feed of ${tab.device.name}`, held.get(key), fed.get(key), key);
  }
  const followed = tab.hasLostFeed ? [] : (run.documentsByTab.get(tab) ?? []);
  for (const [key, { text }] of followed) {
    if (text !== undefined) same(3, `a document's feed of ${tab.device.name}`, held.get(key), text.text, key);
  }
  for (const { key, pending } of listed) if (pending) same(3, tab.device.name, "confirmed", "pending", key);
};
