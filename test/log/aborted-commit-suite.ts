/**
 * A commit and the checkpoints after it, of which one transaction ends in the middle, at each of its
 * requests in turn: the bucket opens again as it was before the commit or after it, whole, its history
 * included, and what was acknowledged is there.
 */
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import type { Kv } from "rockpool";
import { expect, test } from "vitest";
import { type AbortReason, countRequests } from "../backup/aborting-transactions.ts";
import { createTally } from "../store/observed-log.ts";
import { StoreDevice, type StoreSettings } from "../store/store-device.ts";

/** Small pages and checkpoints, so that the commit's need several of each. */
const settings: StoreSettings = {
  hasRelay: false,
  host: {
    limits: { rowsMax: 3, pagesMax: 4, pageEntries: 3, pageBytes: 4096 },
    tailEntries: 1,
    tailBytes: 1,
  },
  kept: { history: 3, expireInMs: null },
  loss: 0,
  seed: 1,
};

export const describeAbortedCommits = (name: string, freshName: () => string, every: number): void => {
  test.each<AbortReason>(["full", "quota", "no reason"])(
    `a commit and its checkpoints cut short at any request (%s) are all or nothing: ${name}`,
    { timeout: 120_000 },
    async (why) => {
      const { before, after } = await expectedContents();
      const counter = countRequests();
      const seen = { before: 0, after: 0, checkpoints: 0 };
      try {
        // The first time none aborts: how many there are is seen.
        for (let request = -1, requests = 0; request < requests; request += request < 0 ? 1 : every) {
          const database = freshName();
          const open = (): Promise<StoreDevice> =>
            StoreDevice.open({ openLog: () => openIdbLog(database) }, settings, createTally(), 1);
          counter.abortAt(-1);
          const device = await open();
          const { kv, host } = device.mustGetTab(0);
          await prepare(kv);
          await host.checkpoint();
          expect(await contentsOf(kv)).toEqual(before);

          counter.abortAt(request, why);
          const outcome = await outcomeOf(change(kv));
          if (request >= counter.count) seen.checkpoints++;
          await host.checkpoint();
          requests = Math.max(requests, counter.count);
          counter.abortAt(-1);
          await device.close();

          const again = await open();
          const tab = again.mustGetTab(0);
          const found = await contentsOf(tab.kv);
          const isAfter = found.some(({ key }) => key === "new");
          const expected = isAfter ? after : before;
          // On a full disk older versions are given up, and the commit is tried again.
          const compared = why === "quota" ? current : (content: Content): unknown => content;
          expect(found.map(compared)).toEqual(expected.map(compared));
          expect([outcome, isAfter]).toEqual([isAfter ? "committed" : "quota", isAfter]);
          seen[isAfter ? "after" : "before"]++;
          // And it goes on from there.
          await tab.kv.set(["next"], 1);
          await tab.host.checkpoint();
          expect((await tab.kv.get(["next"])).value).toBe(1);
          await again.close();
        }
      } finally {
        counter.restore();
      }
      expect(seen.after).toBeGreaterThan(0);
      expect(seen.before > 0).toBe(why === "full");
      expect(seen.checkpoints * every).toBeGreaterThan(20);
    },
  );
};

/** Ten keys on several pages, three of them with older versions. */
const prepare = async (kv: Kv): Promise<void> => {
  for (let n = 0; n < 10; n++) await kv.set([`k${n}`], `value ${n}`);
  for (const n of [0, 4, 9, 0, 4, 9, 0]) await kv.set([`k${n}`], `another ${n}`);
};

const change = (kv: Kv): Promise<unknown> =>
  kv
    .atomic()
    .set(["k0"], "changed")
    .set(["k2"], "changed")
    .delete(["k4"])
    .purge(["k9"])
    .set(["new"], 1)
    .commit();

const outcomeOf = (commit: Promise<unknown>): Promise<string> =>
  commit.then(
    () => "committed",
    (error: { readonly code: string }) => error.code,
  );

/** A key and the values of its versions, the current one last. */
interface Content {
  readonly key: string;
  readonly versions: readonly unknown[];
}

const current = ({ key, versions }: Content): readonly unknown[] => [key, versions.at(-1)];

const contentsOf = async (kv: Kv): Promise<readonly Content[]> => {
  const found: Content[] = [];
  for await (const key of kv.keys({ prefix: [] })) {
    const versions = (await kv.history(key)).map(({ value }) => value);
    found.push({ key: String(key[0]), versions });
  }
  return found;
};

/** As the log in memory has them. */
const expectedContents = async (): Promise<{
  readonly before: readonly Content[];
  readonly after: readonly Content[];
}> => {
  const storage = new MemoryStorage();
  const bed = { openLog: () => openMemoryLog(storage) };
  const device = await StoreDevice.open(bed, settings, createTally(), 1);
  const { kv, host } = device.mustGetTab(0);
  await prepare(kv);
  const before = await contentsOf(kv);
  await change(kv);
  await host.checkpoint();
  const after = await contentsOf(kv);
  await device.close();
  return { before, after };
};
