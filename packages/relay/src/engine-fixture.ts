/**
 * For tests: an engine with one open bucket, "b", and short calls on it.
 */
import {
  retentionMs,
  type Commit,
  type CommitResult,
  type PackedKey,
  type Patch,
  type Revision,
  type Value,
} from "@rockpool/model";
import { testNowMs, turnOf } from "./commit-fixture.ts";
import type { Engine, SweepOptions } from "./engine.ts";

export type OpenEngine = () => Promise<Engine>;

/** A fresh engine with the bucket "b". */
export const openBucketOf = async (open: OpenEngine): Promise<Engine> => {
  const engine = await open();
  await engine.openBucket("b");
  return engine;
};

/** Rules on the commits in one turn of the bucket "b". */
export const ruleOn = async (
  engine: Engine,
  ...commits: readonly Commit[]
): Promise<(CommitResult & { readonly isNew: boolean })[]> => {
  const { answers } = await engine.rule("b", turnOf(...commits));
  return answers.map(({ result, isNew }) => ({ ...result, isNew }));
};

/** The history of the bucket "b" after `from`, in one part. */
export const readAll = (engine: Engine, replica = "nobody", from: Revision = 0): Promise<Patch> =>
  engine.readPatch("b", replica, from, { entriesMax: 1000, bytesMax: 1_000_000 });

export const entriesOf = async (engine: Engine): Promise<[PackedKey, Value | undefined, Revision][]> => {
  const { entries } = await readAll(engine);
  return entries.map(({ key, value, revision }) => [key, value, revision]);
};

/** A sweep at so many ms after the clock of these tests. */
export const sweepAt = (atMs: number, options: Partial<SweepOptions> = {}): SweepOptions => ({
  nowMs: testNowMs + atMs,
  retentionMs,
  entriesMax: 1000,
  ...options,
});

export const accepted = { type: "accepted", superseded: [] } as const;
export const unknown = { type: "rejected", reason: { type: "unknown" } } as const;
