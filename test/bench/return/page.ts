/**
 * A device that makes many commits while it is away, and comes back. Each sets an entry of its own and adds one to a
 * counter, so what came of them can be counted.
 */
import { type Kv, type KvU64, openKv, type SyncStatus } from "rockpool";

/** What the page offers on its global object. */
export interface ReturningDevice {
  open(bucket: string, relay: string): Promise<void>;
  makeCommits(count: number): Promise<void>;
  /** Fulfilled when nothing is pending and all that the relay has is here. @throws Error when syncing stopped for good */
  untilSynced(): Promise<void>;
  status(): Pick<SyncStatus, "state" | "pending">;
  content(): Promise<{ readonly entries: number; readonly count: string }>;
}

/** Commits under way at once. */
const inFlight = 500;

let kv: Kv;

const device: ReturningDevice = {
  open: async (bucket, relay) => {
    kv = await openKv(bucket, { relay });
  },
  makeCommits: async (count) => {
    for (let from = 0; from < count; from += inFlight) {
      const numbers = Array.from({ length: Math.min(inFlight, count - from) }, (_, i) => from + i);
      await Promise.all(
        numbers.map((n) =>
          kv.atomic().set(["own", n], `made while it was away, ${n}`).sum(["count"], 1n).commit(),
        ),
      );
    }
  },
  untilSynced: () =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const { state, error } = kv.sync.status;
        if (state === "stopped") reject(error ?? new Error("syncing has stopped"));
        if (state === "synced") resolve();
      };
      kv.sync.addEventListener("status", look);
      look();
    }),
  status: () => kv.sync.status,
  content: async () => ({
    entries: await kv.count({ prefix: [] }),
    count: String((await kv.get<KvU64>(["count"])).value?.value ?? 0n),
  }),
};
Object.assign(globalThis, { device });
