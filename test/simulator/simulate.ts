// The simulator by hand: `npm run simulate -- --seeds N [--from S] [--steps K] [--minutes M] [--mutants]`. Prints what
// the runs came to and, of a seed that failed, the smallest plan found that fails like it: paste it into
// test/simulator/regressions.ts. The exit code is 0 only when nothing was found, or when all mutants were caught.
import { parseArgs } from "node:util";
import { runCampaign, type CampaignReport } from "./campaign.ts";
import { hunt } from "./hunt.ts";
import { mutants } from "./mutants.ts";
import { textOfPlan } from "./plan.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    steps: { type: "string", default: "200" },
    minutes: { type: "string" },
    mutants: { type: "boolean", default: false },
  },
});

/** Characters of what a mutant was caught by. */
const messageMax = 150;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const number = (name: "seeds" | "from" | "steps" | "minutes"): number => {
  const value = Number(values[name]);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`--${name} takes a number above 0, not ${values[name]}`);
  }
  return value;
};

const describe = (report: CampaignReport, seconds: number): string => {
  return [
    `${report.seeds} seeds, ${report.steps} steps in ${seconds.toFixed(0)} s`,
    `faults: ${listed(report.faults)}`,
    `asks: ${listed(report.asks)}`,
    `attached: ${listed(report.attaches)}`,
    `commits: ${report.accepted} accepted (${report.superseded} mutations superseded), ${report.rejected} rejected (${listed(report.rejections)})`,
    `violations: ${report.failures.length}`,
  ].join("\n");
};

/** The most frequent first. */
const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `${times} ${name}`)
    .join(", ");

const simulate = async (): Promise<boolean> => {
  const startMs = Date.now();
  const report = await runCampaign({
    from: number("from"),
    seeds: values.minutes === undefined ? number("seeds") : Number.POSITIVE_INFINITY,
    steps: number("steps"),
    ...(values.minutes === undefined ? {} : { untilMs: startMs + number("minutes") * 60_000 }),
    onOutcome: ({ failure }) => {
      if (failure === undefined) return;
      print(`${failure.message}\nshrunk from ${failure.steps} operations to this plan:`);
      print(textOfPlan(failure.plan));
    },
  });
  print(describe(report, (Date.now() - startMs) / 1000));
  return report.failures.length === 0;
};

/** One line a planted bug, then how many were caught. */
const huntAll = async (): Promise<boolean> => {
  let caught = 0;
  for (const mutant of mutants) {
    const found = await hunt(mutant, {
      from: number("from"),
      seedsMax: number("seeds"),
      steps: number("steps"),
    });
    if (found !== undefined) caught++;
    print(
      found === undefined
        ? `ESCAPED    ${mutant.name}`
        : `caught     ${mutant.name}: by ${found.by}; ${found.message.slice(0, messageMax)}`,
    );
  }
  print(`caught ${caught} of ${mutants.length}`);
  return caught === mutants.length;
};

process.exitCode = (await (values.mutants ? huntAll() : simulate())) ? 0 : 1;
