/**
 * A page that commits without a pause and says aloud which commits were acknowledged. Each commit is a generation: it
 * sets all parts to one name, its writer's entry to its number, and adds one to a counter that all writers share. So
 * what was torn shows in the parts, and what was lost or applied twice shows in the sum.
 */
import { type Kv, type KvU64, openKv, type OpenOptions } from "rockpool";
import { openIdbLog } from "@rockpool/log-idb";

/** What a bucket holds, read at one point of its history. */
export interface Content {
  /** The different names that the parts carry, and how many parts there are. */
  readonly names: readonly string[];
  readonly parts: number;
  /** The number of the last commit of each writer, by the writer's name. */
  readonly lastByWriter: Readonly<Record<string, number>>;
  /** Commits, as the shared counter has them. */
  readonly count: number;
  /** Position of the last checkpoint. */
  readonly checkpoint: number;
}

/** What a feed has told. */
export interface Seen {
  readonly items: number;
  /** Items after which the parts did not all carry one name. */
  readonly torn: number;
  readonly names: readonly string[];
}

/** What the page offers to the test, on its global object. */
export interface Generations {
  open(bucket: string, options: Pick<OpenOptions, "durability">): Promise<void>;
  /** Begins to commit as `writer`, `inFlight` commits at a time, and calls `acknowledge` with each number. */
  write(writer: string, inFlight: number): void;
  /** Fulfilled when all that was written is acknowledged. */
  stop(): Promise<void>;
  /** Ends the worker on the spot, whatever it is doing; fulfilled with the error code of the commits under way. */
  terminate(): Promise<string>;
  read(): Promise<Content>;
  /** Begins to follow the parts. */
  follow(): void;
  seen(): Seen;
  /** Asks the browser to ask the user before the page is left, which it does once the page was used. */
  holdBack(): void;
}

declare global {
  /** Put here by the test, through the devtools protocol. */
  // oxlint-disable-next-line no-var -- how TypeScript declares a member of the global object
  var acknowledge: ((n: string) => void) | undefined;
}

const parts = 50;
/** Makes a commit some 50 KB, so that a checkpoint is due after at most 170 of them. */
const filler = "x".repeat(1000);

let kv: Kv;
let database: string;
let worker: Worker | undefined;
let writing: Promise<unknown> = Promise.resolve();
let stopping = new AbortController();
const partNames = new Map<string, string>();
const seen = { items: 0, torn: 0 };

const startWorker = (): Worker => {
  worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return worker;
};

const write = async (writer: string, inFlight: number, signal: AbortSignal): Promise<void> => {
  const underWay = new Set<Promise<void>>();
  for (let n = 1; !signal.aborted; n++) {
    const commit = commitGeneration(writer, n).finally(() => underWay.delete(commit));
    underWay.add(commit);
    if (underWay.size >= inFlight) await Promise.race(underWay);
  }
  await Promise.all(underWay);
};

const commitGeneration = async (writer: string, n: number): Promise<void> => {
  const atomic = kv.atomic().set(["last", writer], n).sum(["count"], 1n);
  for (let part = 0; part < parts; part++) atomic.set(["part", part], { name: `${writer} ${n}`, filler });
  const { ok } = await atomic.commit();
  if (!ok) throw new Error(`commit ${n} has no check that could fail`);
  acknowledge?.(String(n));
};

const read = async (): Promise<Content> => {
  const names = new Set<string>();
  const lastByWriter: Record<string, number> = {};
  let [found, count] = [0, 0];
  // One batch is one read, at one point of the history.
  for await (const { key, value } of kv.list({ prefix: [] }, { batchSize: 1000 })) {
    switch (key[0]) {
      case "part":
        found++;
        names.add((value as { name: string }).name);
        break;
      case "last":
        lastByWriter[String(key[1])] = Number(value);
        break;
      default:
        count = Number((value as KvU64).value);
    }
  }
  return { names: [...names], parts: found, lastByWriter, count, checkpoint: await lastCheckpoint() };
};

const lastCheckpoint = async (): Promise<number> => {
  const log = await openIdbLog(database);
  const { meta } = await log.start();
  await log.close();
  return meta?.checkpoint ?? 0;
};

const follow = async (): Promise<void> => {
  const reader = kv.changes({ prefix: ["part"] }).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (next.value.type !== "update") continue;
    for (const { key, value } of next.value.entries) {
      partNames.set(String(key[1]), (value as { name: string }).name);
    }
    seen.items++;
    if (partNames.size !== parts || new Set(partNames.values()).size !== 1) seen.torn++;
  }
};

const generations: Generations = {
  open: async (bucket, options) => {
    database = `rockpool:${bucket}`;
    kv = await openKv(bucket, { ...options, worker: startWorker });
  },
  write: (writer, inFlight) => {
    stopping = new AbortController();
    writing = write(writer, inFlight, stopping.signal);
  },
  stop: async () => {
    stopping.abort();
    await writing;
  },
  terminate: async () => {
    worker?.terminate();
    return writing.then(
      () => "none",
      (error: { readonly code: string }) => error.code,
    );
  },
  read,
  follow: () => void follow(),
  seen: () => ({ ...seen, names: [...new Set(partNames.values())] }),
  holdBack: () => addEventListener("beforeunload", (event) => event.preventDefault()),
};
Object.assign(globalThis, { generations });
