/**
 * Hosts that append, checkpoint, lag behind and start again as chance has it, all at once on one
 * storage: none of them loses a row, counts one twice, or sees what another did not.
 */
import type { Log, PlacedRow } from "@rockpool/log";
import { packKey } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkpointAt, countOf, countRow, pageOf } from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

type Step = "append" | "append none" | "read" | "checkpoint" | "start" | "wait";

const step = fc.constantFrom<Step>(
  "append",
  "append",
  "append",
  "append none",
  "read",
  "checkpoint",
  "start",
  "wait",
);
const script = fc.array(step, { minLength: 5, maxLength: 40 });

export const describeDevices = (name: string, createBed: CreateBed, runs: number): void => {
  describe(`log under many hosts: ${name}`, () => {
    test("whatever they do, the count is exact", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(script, { minLength: 2, maxLength: 4 }), async (scripts) => {
          const bed = createBed();
          const hosts = await Promise.all(scripts.map(async () => new FoldingHost(await bed.open())));
          await Promise.all(hosts.map((host, index) => host.play(scripts[index] ?? [])));
          await Promise.all(hosts.map((host) => host.start()));
          const appended = hosts.reduce((sum, host) => sum + host.appended, 0);
          expect(hosts.map((host) => host.count)).toEqual(hosts.map(() => appended));
          await Promise.all(hosts.map((host) => host.close()));
        }),
        { numRuns: runs },
      );
    });
  });
};

/** Folds the log to a count; the page of a checkpoint holds the count as of it. */
class FoldingHost {
  readonly #log: Log;
  count = 0;
  appended = 0;
  #base: Position = 0;
  #tail: Position = 0;
  /** The rows since the base with the count after each. */
  #folded: { readonly position: Position; readonly count: number }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  async play(steps: readonly Step[]): Promise<void> {
    await this.start();
    for (const step of steps) await this.#take(step);
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  async start(): Promise<void> {
    const { meta, rows } = await this.#log.start();
    const first = packKey(["count"]);
    const { pages } = await this.#log.read(Number.MAX_SAFE_INTEGER, [
      { generation: 1, from: first, to: first },
    ]);
    // Another checkpoint came between: its row is in no tail of ours, so start again.
    const [page] = pages[0] ?? [];
    if (Number(page?.entries[0]?.expireAt ?? 0) !== (meta?.checkpoint ?? 0)) return this.start();
    this.#base = meta?.checkpoint ?? 0;
    this.#tail = this.#base;
    this.count = Number(page?.entries[0]?.value?.data ?? 0);
    this.#folded = [];
    this.#fold(rows);
  }

  async #take(step: Step): Promise<void> {
    switch (step) {
      case "append":
      case "append none":
        return this.#append(step === "append");
      case "read": {
        const { missed } = await this.#log.read(this.#tail, []);
        return isCheckpointIn(missed) ? this.start() : this.#fold(missed);
      }
      case "checkpoint":
        return this.#checkpoint();
      case "start":
        return this.start();
      case "wait":
        return new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #append(isWanted: boolean): Promise<void> {
    const { missed, position, decision } = await this.#log.append(this.#tail, (missed) => {
      if (isCheckpointIn(missed)) return { type: "retry" };
      // What reads "none" here is a commit whose check fails once it knows of others.
      if (!isWanted && missed.length > 0) return { type: "none" };
      return { type: "row", row: countRow(this.count + missed.length + 1) };
    });
    if (decision === "retry") return this.start();
    this.#fold(missed);
    if (position === undefined) return;
    this.appended += 1;
    this.#fold([{ ...countRow(this.count + 1), position }]);
  }

  async #checkpoint(): Promise<void> {
    const at = this.#folded[Math.floor(this.#folded.length / 2)];
    if (at === undefined) return;
    const page = pageOf(1, "count", at.count);
    const entries = page.entries.map((entry) => ({ ...entry, expireAt: at.position }));
    const putPages = [{ ...page, entries }];
    await this.#log.checkpoint(checkpointAt(this.#base, at.position, { putPages }));
    await this.start();
  }

  #fold(rows: readonly PlacedRow[]): void {
    for (const row of rows) {
      if (row.position <= this.#tail) throw new Error(`row ${row.position} came again after ${this.#tail}`);
      this.#tail = row.position;
      if (row.type === "commit") this.count += 1;
      if (row.type === "commit" && countOf(row) !== this.count) {
        throw new Error(`row ${row.position} says ${countOf(row)}, and is number ${this.count}`);
      }
      this.#folded.push({ position: row.position, count: this.count });
    }
  }
}

const isCheckpointIn = (rows: readonly PlacedRow[]): boolean =>
  rows.some(({ type }) => type === "checkpoint");
