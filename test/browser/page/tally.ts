/**
 * A page that commits without a pause and writes down what the relay acknowledged: each commit sets an entry of its own
 * and adds one to a counter that all share, so what is lost or applied twice shows in either.
 */
import { type Kv, type KvU64, openKv, type SyncState } from "rockpool";

/** A commit that the relay accepted, by its number here. */
export interface Acknowledged {
  readonly n: number;
  readonly revision: number;
}

export interface TallyProgress {
  readonly committed: number;
  readonly acknowledged: number;
  readonly pending: number;
  readonly state: SyncState;
}

export interface TallyContent {
  readonly entries: readonly number[];
  readonly count: number;
}

/** What the page offers to the test, on its global object. */
export interface Tally {
  open(bucket: string, relay: string): Promise<void>;
  /** Begins to make so many commits; `progress` tells how far it is. */
  write(commits: number): void;
  progress(): TallyProgress;
  acknowledged(): readonly Acknowledged[];
  /** Fulfilled when nothing is pending and all that the relay had at the call is here. */
  flush(): Promise<void>;
  content(): Promise<TallyContent>;
}

/** Commits made at once, and commits that may wait for the relay before the next are made. */
const waveCommits = 100;
const pendingMax = 400;

const acknowledged: Acknowledged[] = [];
let committed = 0;
let kv: Kv;

const write = async (commits: number): Promise<void> => {
  while (committed < commits) {
    await pendingBelow(pendingMax);
    const wave = Array.from({ length: Math.min(waveCommits, commits - committed) }, (_, i) => committed + i);
    await Promise.all(wave.map(commitOne));
    committed += wave.length;
  }
};

const commitOne = async (n: number): Promise<void> => {
  const result = await kv.atomic().set(["entry", n], `entry ${n}`).sum(["count"], 1n).commit();
  if (!result.ok) throw new Error(`commit ${n} has no check that could fail`);
  void noteRuling(n, result.versionstamp);
};

const noteRuling = async (n: number, versionstamp: string): Promise<void> => {
  const settled = await kv.sync.settled(versionstamp);
  if (settled.type === "rejected") throw new Error(`commit ${n} was rejected: ${settled.reason.type}`);
  acknowledged.push({ n, revision: settled.revision });
};

const pendingBelow = (limit: number): Promise<void> =>
  new Promise((resolve) => {
    const { sync } = kv;
    const look = (): void => {
      if (sync.status.pending >= limit) return;
      sync.removeEventListener("status", look);
      resolve();
    };
    sync.addEventListener("status", look);
    look();
  });

const tally: Tally = {
  open: async (bucket, relay) => {
    kv = await openKv(bucket, { relay });
  },
  write: (commits) => void write(commits),
  progress: () => {
    const { pending, state } = kv.sync.status;
    return { committed, acknowledged: acknowledged.length, pending, state };
  },
  acknowledged: () => acknowledged,
  flush: () => kv.sync.flush(),
  content: async () => {
    const entries: number[] = [];
    const stored = kv.list({ prefix: ["entry"] }, { batchSize: 1000 });
    for await (const { key } of stored) entries.push(Number(key[1]));
    const { value } = await kv.get<KvU64>(["count"]);
    return { entries, count: Number(value?.value ?? 0n) };
  },
};
Object.assign(globalThis, { tally });
