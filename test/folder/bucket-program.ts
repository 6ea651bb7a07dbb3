/**
 * A program on a bucket in a folder, for tests that run several or kill one: it prints a line for what
 * it has done, after it was acknowledged. `node bucket-program.ts <task> <folder> [relay] [device]`.
 */
import { writeSync } from "node:fs";
import { type Kv, KvError, openKv, type OpenOptions } from "rockpool";

const [task, folder = "", relay, device = ""] = process.argv.slice(2);
/** When a race begins, in ms since 1970, and how it goes on. */
const startMs = relay;
const raceRounds = 20;
const roundMs = 40;

/** At once and whole, so that what was acknowledged is told before anything can happen. */
const print = (line: string): void => void writeSync(1, `${line}\n`);

const open = (options: OpenOptions = {}): Promise<Kv> => openKv("b", { folder, ...options });

const outcomeOf = (opening: Promise<Kv>): Promise<string> =>
  opening.then(
    () => "open",
    (error: unknown) => (error instanceof KvError ? error.code : String(error)),
  );

/** One commit after another, each of which says the same in several places. */
const commitForEver = async (): Promise<void> => {
  const kv = await open();
  const stored = (await kv.get<number>(["n"])).value ?? 0;
  for (let n = stored + 1; ; n++) {
    await kv
      .atomic()
      .set(["n"], n)
      .set(["pair", n % 40, "left"], `${n} ${"x".repeat(2000)}`)
      .set(["pair", n % 40, "right"], `${n} ${"x".repeat(2000)}`)
      .sum(["sum"], 1n)
      .commit();
    print(String(n));
  }
};

/** Entries of this device's own, through a relay. */
const syncForEver = async (): Promise<void> => {
  const kv = await open({ relay: relay ?? "" });
  const own = await kv.count({ prefix: [device] });
  for (let n = own; ; n++) {
    await kv.set([device, n], n);
    print(String(n));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  commit: commitForEver,
  sync: syncForEver,
  /** Tells what opening came to, and has the bucket until it is ended. */
  hold: async () => {
    print(await outcomeOf(open()));
    setInterval(() => {}, 1000);
  },
  /** Opens one bucket after another, each at the moment at which others do; tells what each came to. */
  race: async () => {
    const firstMs = Number(startMs);
    for (let round = 0; round < raceRounds; round++) {
      while (Date.now() < firstMs + round * roundMs) await new Promise((resolve) => setImmediate(resolve));
      print(await outcomeOf(openKv(`b${round}`, { folder })));
    }
    setInterval(() => {}, 1000);
  },
  /** Ends in the middle of its work, without a word to the bucket. */
  exit: async () => {
    const kv = await open();
    for (let n = 1; n <= 20; n++) {
      await kv.set(["n"], n);
      print(String(n));
    }
    void kv.set(["n"], 21);
    // oxlint-disable-next-line unicorn/no-process-exit -- that it ends so is what is tested
    process.exit(0);
  },
  /** Leaves it to Node to end the program. */
  close: async () => {
    const kv = await open(relay === undefined ? {} : { relay });
    await kv.set(["n"], 1);
    await kv.secrets.set(["s"], 1);
    kv.close();
  },
};

await tasks[task ?? ""]?.();
