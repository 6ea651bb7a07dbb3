/**
 * What apps do with their tabs in a run, and what must be true of the answers.
 */
import type { PackedKey, Versionstamp } from "@rockpool/model";
import type { CommitAsked } from "./actions.ts";
import { keyOf, mutationOf, pairs } from "./draw-commit.ts";
import type { Inspector } from "./inspector.ts";
import { type Oracle, same } from "./oracle.ts";
import { textOfEntries } from "./tab-asks.ts";
import { Violation } from "./violation.ts";
import type { VirtualDevice, VirtualTab } from "./virtual-device.ts";

export interface AppsOptions {
  readonly inspector: Inspector;
  readonly oracle: Oracle;
  /** The relay was put back: what it ruled since is gone. */
  readonly wasRelayRestored: () => boolean;
}

export class Apps {
  readonly #its: AppsOptions;
  readonly #acknowledged = new Map<VirtualDevice, Versionstamp[]>();

  constructor(its: AppsOptions) {
    this.#its = its;
  }

  async read(tab: VirtualTab, strong: boolean): Promise<void> {
    const at = `a reader of ${tab.device.name}`;
    const { lastPosition } = this.#its.inspector.historyOf(tab.device);
    seePairs(textOfEntries(await tab.list(strong)), at);
    const { tail } = tab.host.state;
    if (!strong || tail >= lastPosition) return;
    throw new Violation({ invariant: 6, at, expected: `what stood at ${lastPosition}`, found: tail });
  }

  async commit(tab: VirtualTab, asked: CommitAsked): Promise<void> {
    const { writes, check = [], strong = true, times = 1 } = asked;
    for (let time = 0; time < times; time++) {
      const checks: { key: PackedKey; versionstamp: Versionstamp | null }[] = [];
      for (const name of check) {
        const key = keyOf(name);
        checks.push({ key, versionstamp: (await tab.get(key, strong)).versionstamp });
      }
      const { device } = tab;
      const { storage } = device;
      const mutations = writes.map((write) => mutationOf(write, time));
      const versionstamp = await tab.commit({ checks, mutations });
      if (versionstamp !== null && device.storage === storage) this.#acknowledge(device, versionstamp);
    }
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
    const answer = await tab.host.call("settled", { versionstamp: commit.versionstamp });
    if (this.#its.wasRelayRestored()) return;
    const ruling = this.#its.oracle.history.resultByName.get(commit.text)?.ruling;
    const expected = ruling?.type === "accepted" ? "confirmed" : "rejected";
    same(1, `settled of ${commit.text}`, ruling === undefined ? "no answer" : expected, answer.type);
  }

  /** What an app was told is stored stands in the log. */
  #acknowledge(device: VirtualDevice, versionstamp: Versionstamp): void {
    const { commitByVersionstamp } = this.#its.inspector.historyOf(device);
    if (!commitByVersionstamp.has(versionstamp)) {
      const expected = `a row of ${versionstamp}`;
      throw new Violation({ invariant: 1, at: device.name, expected, found: "none" });
    }
    const acknowledged = this.#acknowledged.get(device) ?? [];
    acknowledged.push(versionstamp);
    this.#acknowledged.set(device, acknowledged);
  }
}

/** Two keys that are always written together are seen together, by whomever. */
export const seePairs = (seen: ReadonlyMap<PackedKey, string | undefined>, by: string): void => {
  for (const [left, right] of pairs) same(4, by, seen.get(left), seen.get(right), right);
};
