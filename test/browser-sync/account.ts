/**
 * The account at the end of a test: when all is quiet, every device holds what the relay holds, and each commit that was
 * acknowledged on a device was ruled exactly once, with the same answer wherever it is asked for.
 */
import { expect } from "vitest";
import { eventually } from "../browser/browser-bed.ts";
import { type JournalCommit, nameOf } from "./journal.ts";
import type { Settlement } from "./page/witness.ts";
import type { RelayContent } from "./relay-file.ts";
import type { Device } from "./device.ts";
import type { SyncBed } from "./sync-bed.ts";
import type { WitnessTab } from "./witness-tab.ts";

type Ending = Settlement | { readonly type: "refused" | "unanswered" };

/** How the commits ended. */
export interface Account {
  readonly confirmed: number;
  readonly rejected: number;
  /** Confirmed commits that lost a blind write to a later one. */
  readonly superseded: number;
  /** Commits whose check did not hold on the device: never written. */
  readonly refused: number;
  /** Commits of tabs that died before they were answered: made or not, but whole. */
  readonly unanswered: number;
  /** The relay's head: one for each commit that it ruled. */
  readonly head: number;
}

/** Waits until all is quiet, expects every tab to show what the relay holds, and gives that. */
export const expectConverged = async (bed: SyncBed, tabs: readonly WitnessTab[]): Promise<RelayContent> => {
  // Twice: what one tab pushes may come after another's flush.
  for (let time = 0; time < 2; time++) await Promise.all(tabs.map((tab) => tab.call("flush")));
  const content = bed.relayContent;
  for (const tab of tabs) {
    await eventually(() => tab.call("status")).toMatchObject({ state: "synced", pending: 0, error: null });
    expect(await tab.call("content")).toEqual(content.entries);
    expect(tab.errors).toEqual([]);
  }
  expect(bed.relay.takeFaults()).toBe("");
  return content;
};

/** Expects the account to be right, asking the last tab of each device, which must be open. */
export const expectAccounted = async (bed: SyncBed, devices: readonly Device[]): Promise<Account> => {
  const tabs = devices.map(({ lastTab }) => lastTab);
  const { entries, head } = await expectConverged(bed, tabs);
  const endings = new Map<string, Ending>();
  for (const tab of tabs) {
    for (const [name, ending] of await endingsOf(tab)) {
      // A commit that a device and its clone both know is ruled once for both.
      expect([name, endings.get(name) ?? ending]).toEqual([name, ending]);
      endings.set(name, ending);
    }
  }
  for (const name of ownNames(entries)) {
    if (!endings.has(nameOf(name)) && devices.some(({ journal }) => journal.mayBeUnheard(name))) {
      endings.set(nameOf(name), { type: "unanswered" });
    }
  }
  expectEffects(entries, endings);
  for (const device of devices) if (device.tabs.length === 1) await expectTold(device, endings);
  const revisions = [...endings.values()].flatMap((ending) =>
    ending.type === "confirmed" ? [ending.revision] : [],
  );
  // A commit that ran twice would share its revision with none, one that was taken for another would.
  expect(new Set(revisions).size).toBe(revisions.length);
  expect(Math.max(0, ...revisions)).toBeLessThanOrEqual(head);
  return { ...countEndings([...endings.values()]), head };
};

/** Expects that a tab which was open all the time was told by an event of each write that lost. */
const expectTold = async (
  { journal, lastTab }: Device,
  endings: ReadonlyMap<string, Ending>,
): Promise<void> => {
  const lost = [...journal.commits].flatMap(([name, { versionstamp }]) => {
    const ending = endings.get(name);
    return ending?.type === "confirmed" ? ending.superseded.map((key) => `${versionstamp} ${key}`) : [];
  });
  const untold = async (): Promise<readonly string[]> => {
    const told = new Set((await lastTab.call("toldSuperseded")).map((write) => write.join(" ")));
    return lost.filter((write) => !told.has(write));
  };
  await eventually(untold).toEqual([]);
};

/** What became of each commit of the tab's device, by name. What was told of it earlier must be the same. */
const endingsOf = async (tab: WitnessTab): Promise<ReadonlyMap<string, Ending>> => {
  const commits = [...tab.journal.commits.values()];
  const versionstamps = commits.flatMap(({ versionstamp }) => (versionstamp === null ? [] : [versionstamp]));
  const settled = await tab.call("settled", versionstamps);
  const settledAt = new Map(
    versionstamps.map((versionstamp, index) => [versionstamp, settled[index] ?? null]),
  );
  return new Map(commits.map((commit) => [nameOf(commit), endingOf(commit, settledAt)]));
};

const endingOf = (commit: JournalCommit, settledAt: ReadonlyMap<string, Settlement | null>): Ending => {
  if (commit.state === "refused") return { type: "refused" };
  if (commit.versionstamp === null) return { type: "unanswered" };
  const settled = settledAt.get(commit.versionstamp) ?? commit.settlement;
  const name = nameOf(commit);
  if (settled === null) throw new Error(`${name} was acknowledged, and nobody knows what became of it`);
  expect([name, commit.settlement ?? settled]).toEqual([name, settled]);
  return settled;
};

/** Expects of what the relay holds that each commit is in it whole or not at all, as its ending says, and once. */
const expectEffects = (entries: RelayContent["entries"], endings: ReadonlyMap<string, Ending>): void => {
  const names = ownNames(entries);
  const standing = new Set(names.map(nameOf));
  const untrue = [...endings].filter(([name, { type }]) =>
    type === "unanswered" ? false : standing.has(name) !== (type === "confirmed"),
  );
  expect(untrue.length, `such as ${JSON.stringify(untrue.slice(0, 5))}`).toBe(0);
  expect([...standing].filter((name) => !endings.has(name))).toEqual([]);

  expect(entries['["count"]']).toBe(`${standing.size}n`);
  const sums = new Map<string, number>();
  for (const { writer, n } of names) sums.set(writer, (sums.get(writer) ?? 0) + n);
  for (const [writer, sum] of sums) expect(entries[JSON.stringify(["sum", writer])]).toBe(`${sum}n`);

  for (const [key, value] of Object.entries(entries)) {
    if (!key.startsWith('["shared"') && !key.startsWith('["checked"')) continue;
    const name = nameOf(JSON.parse(value) as JournalCommit);
    const ending = endings.get(name);
    expect(standing).toContain(name);
    if (ending?.type === "confirmed") expect(ending.superseded).not.toContain(key);
  }
};

/** The commits that left their own entry. */
const ownNames = (entries: RelayContent["entries"]): readonly Pick<JournalCommit, "writer" | "n">[] =>
  Object.entries(entries).flatMap(([key, value]) => {
    const [kind, writer, n] = JSON.parse(key) as readonly [string, string, number];
    return kind === "own" && value === String(n) ? [{ writer, n }] : [];
  });

const countEndings = (endings: readonly Ending[]): Omit<Account, "head"> => {
  const count = (type: Ending["type"]): number => endings.filter((ending) => ending.type === type).length;
  return {
    confirmed: count("confirmed"),
    rejected: count("rejected"),
    superseded: endings.filter((ending) => ending.type === "confirmed" && ending.superseded.length > 0)
      .length,
    refused: count("refused"),
    unanswered: count("unanswered"),
  };
};
