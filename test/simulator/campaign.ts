/**
 * Many seeds over two processes: hands them out one by one, adds up what they come to, and stops
 * early when told to.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Failure, SeedOutcome } from "./outcome.ts";
import type { SeedRequest } from "./seed-worker.ts";

export interface CampaignOptions {
  readonly from: number;
  /** How many seeds, at most. */
  readonly seeds: number;
  readonly steps: number;
  /** No seed is begun after this, in ms since 1970. */
  readonly untilMs?: number;
  /** The bug that is planted. */
  readonly mutant?: string;
  /** Ends with the first seed that fails. */
  readonly stopAtFailure?: boolean;
  /** Runs spent on making the plan of a failing seed smaller. Default 150. */
  readonly shrinkRunsMax?: number;
  readonly processes?: number;
  readonly onOutcome?: (outcome: SeedOutcome) => void;
}

export interface CampaignReport {
  readonly seeds: number;
  readonly steps: number;
  readonly accepted: number;
  readonly superseded: number;
  readonly rejected: number;
  readonly rejections: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly asks: Readonly<Record<string, number>>;
  readonly attaches: Readonly<Record<string, number>>;
  readonly failures: readonly (SeedOutcome & { readonly failure: Failure })[];
}

const workerFile = fileURLToPath(new URL("seed-worker.ts", import.meta.url));
const processesDefault = 2;
/** As many processes as cores leave none to collect garbage beside them: it takes a seventh longer. */
const workerArgs = ["--no-warnings", "--max-semi-space-size=64", "--single-threaded-gc"];
/** Where processes keep what they compiled for those that come after them: half of the time of a short one. */
const compileCache = fileURLToPath(new URL("../../node_modules/.cache/simulator", import.meta.url));
const shrinkRunsDefault = 150;
/** One seed in so many is run twice, to see that it gives the same run. */
const twiceEvery = 50;

/** Runs seeds `from`, `from + 1`, … @throws Error when a worker dies */
export const runCampaign = async (options: CampaignOptions): Promise<CampaignReport> => {
  const outcomes: SeedOutcome[] = [];
  let next = options.from;
  let isOver = false;
  const takeSeed = (): SeedRequest | undefined => {
    const isLate = options.untilMs !== undefined && Date.now() >= options.untilMs;
    if (isOver || isLate || next >= options.from + options.seeds) return undefined;
    const seed = next++;
    return {
      seed,
      steps: options.steps,
      twice: seed % twiceEvery === 0,
      shrinkRunsMax: options.shrinkRunsMax ?? shrinkRunsDefault,
    };
  };
  const take = (outcome: SeedOutcome): void => {
    outcomes.push(outcome);
    if (outcome.failure !== undefined && options.stopAtFailure === true) isOver = true;
    options.onOutcome?.(outcome);
  };
  const count = Math.min(options.processes ?? processesDefault, options.seeds);
  await Promise.all(Array.from({ length: count }, () => work(options.mutant, takeSeed, take)));
  return addUp(outcomes);
};

/** One process, until there is nothing left to do. */
const work = (
  mutant: string | undefined,
  takeSeed: () => SeedRequest | undefined,
  take: (outcome: SeedOutcome) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker: ChildProcess = fork(workerFile, {
      execArgv: workerArgs,
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: compileCache,
        ...(mutant === undefined ? {} : { SIMULATOR_MUTANT: mutant }),
      },
    });
    let isDone = false;
    worker.on("message", (message: SeedOutcome | { readonly ready: true }) => {
      if ("seed" in message) take(message);
      const request = takeSeed();
      if (request !== undefined) return void worker.send(request);
      isDone = true;
      worker.disconnect();
    });
    worker.on("exit", (code) => {
      if (isDone) resolve();
      else reject(new Error(`a process of the simulator ended with ${code}`));
    });
  });

const addUp = (outcomes: readonly SeedOutcome[]): CampaignReport => {
  const faults: Record<string, number> = {};
  const asks: Record<string, number> = {};
  const rejections: Record<string, number> = {};
  const attaches: Record<string, number> = {};
  const total = { steps: 0, accepted: 0, superseded: 0, rejected: 0 };
  for (const { report } of outcomes) {
    if (report === undefined) continue;
    for (const name of ["steps", "accepted", "superseded", "rejected"] as const) total[name] += report[name];
    addTo(faults, report.faults);
    addTo(asks, report.asks);
    addTo(rejections, report.rejections);
    addTo(attaches, { ...report.attaches });
  }
  const failures = outcomes.filter((outcome) => outcome.failure !== undefined) as CampaignReport["failures"];
  return { ...total, seeds: outcomes.length, faults, asks, rejections, attaches, failures };
};

const addTo = (sums: Record<string, number>, counts: Readonly<Record<string, number>>): void => {
  for (const [name, times] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + times;
};
