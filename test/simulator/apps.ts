/**
 * What apps do with their tabs in a run, and what must be true of the answers.
 */
import type { TransportMutation, TransportSettled } from "@rockpool/host";
import type { CommitResult, Mutation, PackedKey, Versionstamp } from "@rockpool/model";
import type { CommitAsked, Write } from "./actions.ts";
import { AppDocuments } from "./app-documents.ts";
import { codeOf } from "./calls.ts";
import { keyOf, mutationOf, pairs } from "./draw-commit.ts";
import { seeLoneCommit } from "./held-alone.ts";
import type { Inspector } from "./inspector.ts";
import type { Oracle } from "./oracle.ts";
import { type Ask, textOfEntries } from "./tab-asks.ts";
import { same, Violation } from "./violation.ts";
import type { VirtualDevice, VirtualTab } from "./virtual-device.ts";
import type { SeenCommit } from "./seen.ts";

export interface AppsOptions {
  readonly inspector: Inspector;
  readonly oracle: Oracle;
  /** The relay was put back: what it ruled since is gone. */
  readonly wasRelayRestored: () => boolean;
}

export class Apps {
  readonly #its: AppsOptions;
  /** Commits whose callers gave up waiting, by name. */
  readonly #unconfirmed = new Set<string>();
  readonly documents: AppDocuments = new AppDocuments();
  readonly #acknowledged = new Map<VirtualDevice, Versionstamp[]>();

  constructor(its: AppsOptions) {
    this.#its = its;
  }

  async read(tab: VirtualTab, strong: boolean): Promise<void> {
    const at = `a reader of ${tab.device.name}`;
    const { lastPosition } = this.#its.inspector.historyOf(tab.device);
    const seen = textOfEntries(await tab.list(strong));
    seePairs(seen, at, this.#its.inspector.attaches.handedOver);
    const { tail } = tab.host.state;
    if (!strong || tail >= lastPosition) return;
    throw new Violation({ invariant: 6, at, expected: `what stood at ${lastPosition}`, found: tail });
  }

  async commit(tab: VirtualTab, asked: CommitAsked): Promise<void> {
    const { writes, check = [], strong = true, times = 1 } = asked;
    for (let time = 0; time < times; time++) {
      const checks = await checksOf(tab, check, strong);
      const { device } = tab;
      const { storage } = device;
      const mutations = await this.documents.mutationsOf(tab, asked, time);
      const versionstamp = await this.#left(tab, writes, tab.commit({ checks, mutations }));
      if (versionstamp === null || device.storage !== storage) continue;
      const lone = this.#its.inspector.historyOf(device).loneByVersionstamp.get(versionstamp);
      if (lone === undefined) this.#acknowledge(device, versionstamp);
      else seeLoneCommit(`${device.name}, commit of ${versionstamp}`, lone, { checks, mutations });
    }
  }

  /** Commits, waits for the ruling as a page does, and holds the answer against the oracle. */
  async confirm(tab: VirtualTab, asked: CommitAsked): Promise<void> {
    const { writes, check = [], strong = true } = asked;
    const checks = await checksOf(tab, check, strong);
    const { device } = tab;
    const { storage } = device;
    const mutations = await this.documents.mutationsOf(tab, asked, 0);
    const committed = tab.commit({ checks, mutations, confirm: "relay" });
    const versionstamp = await this.#left(tab, writes, committed).catch((error: unknown) => {
      if (codeOf(error) === "offline") this.#seeNotWritten(device, writes);
      throw error;
    });
    if (versionstamp === null || device.storage !== storage) return;
    const commit = this.#acknowledge(device, versionstamp);
    const settled = await tab.host.call("confirm", { versionstamp }).catch((error: unknown) => {
      // It goes on waiting; should it be rejected, an event says so.
      if (codeOf(error) === "outcome-unknown") this.#unconfirmed.add(commit.text);
      else throw error;
    });
    if (settled === undefined) return;
    this.#seeSettled(commit, settled);
    if (settled.type === "confirmed") return;
    await tab.host.call("heard", { versionstamp, isHeard: settled.reason.type !== "unknown" });
  }

  /**
   * True for a tab that an event must tell that a commit was rejected. One whose caller waits is told of by
   * the call, and by an event in that tab alone once the caller gave up: the other tabs see that the
   * caller's host lives. They are told when it is gone, but not if it went with the answer on its way.
   */
  isToldByEvent(tab: VirtualTab, { text, name, isAwaited }: SeenCommit): boolean {
    return !isAwaited || (this.#unconfirmed.has(text) && tab.host.lock.endsWith(name.host));
  }

  async decide(tab: VirtualTab, retry: boolean): Promise<void> {
    for (const { id } of await tab.host.call("rejected", {})) {
      await tab.host.call(retry ? "retry" : "discard", { id });
    }
  }

  /** Asks what became of the latest commit of the device, and holds the answer against the oracle. */
  async settled(tab: VirtualTab): Promise<void> {
    const versionstamp = this.#acknowledged.get(tab.device)?.at(-1);
    const { commitByVersionstamp } = this.#its.inspector.historyOf(tab.device);
    const commit = versionstamp === undefined ? undefined : commitByVersionstamp.get(versionstamp);
    if (commit === undefined) return;
    this.#seeSettled(commit, await tab.host.call("settled", { versionstamp: commit.versionstamp }));
  }

  /** A commit; its documents are left when it was not stored. */
  async #left(tab: VirtualTab, writes: readonly Write[], committed: Promise<Versionstamp | null>) {
    let versionstamp: Versionstamp | null = null;
    try {
      versionstamp = await committed;
    } finally {
      if (versionstamp === null) this.documents.leave(tab, writes);
    }
    return versionstamp;
  }

  /** What an app is told became of a commit is what the oracle says. */
  #seeSettled({ text, mutations }: SeenCommit, found: TransportSettled): void {
    // It may have been told of what is ruled anew since.
    if (this.#its.wasRelayRestored()) return;
    const { oracle } = this.#its;
    const result = oracle.history.resultByName.get(text) ?? oracle.resultOfAnother(text);
    same(1, `what was told of ${text}`, result && settledOf(result, mutations), describeSettled(found));
  }

  /** What was refused for want of a session is not in the log. */
  #seeNotWritten(device: VirtualDevice, writes: readonly Write[]): void {
    // No two operations set the same text, but they may set or add the same number.
    const write = writes.find((one) => one[0] === "set");
    if (write === undefined) return;
    const set = mutationOf(write, 0);
    const { commits } = this.#its.inspector.historyOf(device);
    const found = commits.find((commit) => commit.mutations.some((mutation) => isSameSet(mutation, set)));
    same(1, `${device.name}, refused as offline`, undefined, found?.text);
  }

  /** What an app was told is stored stands in the log. */
  #acknowledge(device: VirtualDevice, versionstamp: Versionstamp): SeenCommit {
    const commit = this.#its.inspector.historyOf(device).commitByVersionstamp.get(versionstamp);
    if (commit === undefined) {
      const expected = `a row of ${versionstamp}`;
      throw new Violation({ invariant: 1, at: device.name, expected, found: "none" });
    }
    const acknowledged = this.#acknowledged.get(device) ?? [];
    acknowledged.push(versionstamp);
    this.#acknowledged.set(device, acknowledged);
    return commit;
  }
}

type Checks = NonNullable<Ask["checks"]>;

/** Checks on what a tab sees. */
const checksOf = async (tab: VirtualTab, names: readonly string[], strong: boolean): Promise<Checks> => {
  const checks: Checks[number][] = [];
  for (const key of names.map(keyOf)) {
    checks.push({ key, versionstamp: (await tab.get(key, strong)).versionstamp });
  }
  return checks;
};

const isSameSet = (mutation: Mutation, set: TransportMutation): boolean =>
  mutation.type === "set" &&
  set.type === "set" &&
  mutation.key === set.key &&
  mutation.value.encoding === set.value.encoding &&
  mutation.value.data === set.value.data;

/** What an app ought to be told of a result. */
const settledOf = ({ revision, ruling }: CommitResult, mutations: readonly Mutation[]): unknown =>
  ruling.type === "rejected"
    ? { type: "rejected", reason: ruling.reason.type }
    : {
        type: "confirmed",
        revision,
        superseded: [...new Set(ruling.superseded.map(({ mutation }) => mutations[mutation]?.key))],
      };

const describeSettled = (settled: TransportSettled): unknown =>
  settled.type === "rejected"
    ? { type: "rejected", reason: settled.reason.type }
    : { type: "confirmed", revision: settled.revision, superseded: settled.superseded };

/** Two keys that are always written together are seen together, by whomever; `apart` came to the relay one by one. */
export const seePairs = (
  seen: ReadonlyMap<PackedKey, string | undefined>,
  by: string,
  apart: ReadonlySet<PackedKey>,
): void => {
  for (const [left, right] of pairs) {
    if (!apart.has(left) && !apart.has(right)) same(4, by, seen.get(left), seen.get(right), right);
  }
};
