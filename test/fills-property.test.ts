/**
 * Restores begun, carried on, ended, aborted and killed in several tabs, among writes, checkpoints
 * and sweeps in any order: every tab reads what one map would hold, and no dead page stays.
 * A failure prints the seed and the path that run it again.
 */
import type { TransferStep } from "@rockpool/host";
import * as fc from "fast-check";
import type { Kv } from "rockpool";
import { expect, test } from "vitest";
import { dumpOf, entryLines } from "./backup/dump.ts";
import { contentsOf, type FillBed, openBed, restoreSteps, step, sweep } from "./backup/fill-bed.ts";

const tabs = 3;

interface Command {
  readonly type: "set" | "begin" | "carry on" | "end" | "abort" | "checkpoint" | "sweep" | "kill" | "read";
  readonly tab: number;
  /** The number in the key of a set, or the entries of a restore. */
  readonly n: number;
}

const commandOf = (weight: number, ...types: readonly Command["type"][]) => ({
  weight,
  arbitrary: fc.record({
    type: fc.constantFrom(...types),
    tab: fc.nat(tabs - 1),
    n: fc.nat(30),
  }),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  commandOf(8, "set"),
  commandOf(6, "carry on"),
  commandOf(8, "checkpoint", "sweep", "read"),
  commandOf(3, "begin"),
  commandOf(3, "end", "abort"),
  commandOf(1, "kill"),
);

interface Restoring {
  readonly count: number;
  /** Those to come. */
  readonly steps: TransferStep[];
}

class FillModel {
  readonly #bed: FillBed;
  readonly #restoringByTab = new Map<number, Restoring>();
  #contents = new Map<string, string>();
  #writes = 0;

  constructor(bed: FillBed) {
    this.#bed = bed;
  }

  async run({ type, tab, n }: Command): Promise<void> {
    const { kv, host } = this.#bed.device.mustGetTab(tab);
    switch (type) {
      case "set":
        await kv.set(["k", n], ++this.#writes);
        this.#contents.set(`k/${n}`, String(this.#writes));
        break;
      case "begin":
        if (!this.#restoringByTab.has(tab)) this.#begin(tab, n);
        break;
      case "carry on":
      case "end":
      case "abort":
        await this.#carryOn(tab, type);
        break;
      case "checkpoint":
        await host.checkpoint();
        break;
      case "sweep":
        await host.sweepGenerations();
        break;
      case "kill":
        this.#restoringByTab.delete(tab);
        await this.#bed.device.reopen(tab, true);
        break;
      case "read":
        await this.mustBeRead(kv);
    }
  }

  /** Reads all, and compares. */
  async mustBeRead(kv: Kv): Promise<void> {
    const lines = [...this.#contents].toSorted(byKey).map(([key, value]) => `${key}=${value}`);
    const found = await contentsOf(kv);
    if (found.join() !== lines.join()) throw new Error(`${found.join()} was read, ${lines.join()} stands`);
  }

  #begin(tab: number, count: number): void {
    const id = ++this.#writes;
    const steps = [...restoreSteps(id, dumpOf(entryLines(`r${count}`, count)), 600)];
    this.#restoringByTab.set(tab, { count, steps });
  }

  async #carryOn(tab: number, how: "carry on" | "end" | "abort"): Promise<void> {
    const restoring = this.#restoringByTab.get(tab);
    if (restoring === undefined) return;
    const { count, steps } = restoring;
    const at = this.#bed.device.mustGetTab(tab);
    const isLast = steps.length === 1;
    if (how === "carry on" && isLast) return;
    if (how === "abort") await step(at, { type: "abort-restore", id: steps[0]?.id ?? 0 });
    else for (const one of steps.splice(0, how === "end" ? steps.length : 1)) await step(at, one);
    if (how === "carry on") return;
    this.#restoringByTab.delete(tab);
    if (how === "abort") return;
    const entries = Array.from({ length: count }, (_, n) => [`r${count}/${n}`, `"r${count}"`] as const);
    this.#contents = new Map(entries);
  }
}

/** Names as text, then numbers as numbers. */
const byKey = ([a]: readonly [string, string], [b]: readonly [string, string]): number => {
  const [[nameA = "", numberA], [nameB = "", numberB]] = [a.split("/"), b.split("/")];
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return Number(numberA) - Number(numberB);
};

test("whatever is done in whatever order, every tab reads what one map would hold", async () => {
  const commands = fc.array(command, { minLength: 20, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(commands, fc.nat(), async (commands, seed) => {
      const bed = await openBed(tabs, { loss: 0.3, seed });
      const model = new FillModel(bed);
      for (const one of commands) await model.run(one);
      for (const { kv } of bed.device.tabs) await model.mustBeRead(kv);
      await bed.device.close();
      const { device } = await openBed(1, { storage: bed.storage });
      const tab = device.mustGetTab(0);
      const { left, inForce, building } = await sweep(tab, bed.storage);
      expect(building).toBe(0);
      expect(left.filter((generation) => generation !== inForce)).toEqual([]);
      await model.mustBeRead(tab.kv);
      await device.close();
    }),
    { numRuns: 50 },
  );
}, 120_000);
