/**
 * A process that runs the seeds it is given, one after the other, and tells what became of each. With
 * a mutant named in its environment, the code under test has that bug.
 */
import { plantMutant } from "./plant-mutant.ts";
import type { SeedOptions } from "./outcome.ts";

/** What a worker is asked; it answers each with a SeedOutcome. */
export interface SeedRequest extends SeedOptions {
  readonly seed: number;
}

plantMutant(process.env["SIMULATOR_MUTANT"]);
// Only now: what is loaded from here on has the bug.
const { runSeed } = await import("./outcome.ts");

process.on("message", (request: SeedRequest) => {
  void runSeed(request.seed, request).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
