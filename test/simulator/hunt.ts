/**
 * Hunts a planted bug: first with the scenarios that are aimed at it, then with seed after seed, until
 * a run breaks an invariant.
 */
import { runCampaign } from "./campaign.ts";
import type { Mutant } from "./mutant.ts";
import { scenarios } from "./scenarios.ts";

export interface Catch {
  /** Seeds it took, or the name of the scenario that caught it. */
  readonly by: string;
  /** What the run ended with. */
  readonly message: string;
}

export interface HuntOptions {
  readonly from: number;
  /** 0: the scenarios alone. */
  readonly seedsMax: number;
  readonly steps: number;
}

/** How a mutant was caught; undefined when it was not. @throws Error for a mutant that cannot be planted */
export const hunt = async (
  { name }: Pick<Mutant, "name">,
  { from, seedsMax, steps }: HuntOptions,
): Promise<Catch | undefined> => {
  for (const [index, scenario] of scenarios.entries()) {
    if (!scenario.catches.includes(name)) continue;
    const aimed = await chase(name, -index, 1, steps);
    if (aimed !== undefined) return { by: `the scenario "${scenario.name}"`, message: aimed.message };
  }
  const found = await chase(name, from, seedsMax, steps);
  return found && { by: `${found.seeds} seeds`, message: found.message };
};

const chase = async (name: string, from: number, seedsMax: number, steps: number) => {
  const { seeds, failures } = await runCampaign({
    from,
    seeds: seedsMax,
    steps,
    mutant: name,
    stopAtFailure: true,
    shrinkRunsMax: 0,
  });
  const [first] = failures;
  return first && { seeds, message: first.failure.message };
};
