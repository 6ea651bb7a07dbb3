/**
 * A restore in IndexedDB of which one transaction ends in the middle, at each of its requests in turn:
 * the bucket opens again as it was or as it was restored, whole, and no page is left that nobody needs.
 */
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { expect, test } from "vitest";
import { createTally } from "../store/observed-log.ts";
import { StoreDevice } from "../store/store-device.ts";
import { countRequests, type RequestCounter } from "./aborting-transactions.ts";
import { contentsOf, fillSettings } from "./fill-bed.ts";

const settings = { hasRelay: false, host: fillSettings, loss: 0, seed: 1 };

const open = (database: string): Promise<StoreDevice> =>
  StoreDevice.open({ openLog: () => openIdbLog(database) }, settings, createTally(), 1);

/** Aborts at every request, or at every so many of them. */
export const describeAbortedRestores = (name: string, freshName: () => string, every: number): void => {
  test.each(["quota", "no reason"] as const)(
    `a restore that is cut short at any request, for %s, is all or nothing: ${name}`,
    { timeout: 120_000 },
    async (why) => {
      const counter = countRequests();
      let outcomes = "";
      try {
        const dump = await dumpOfNew();
        for (let request = 0, isReached = true; isReached; request += every) {
          const database = freshName();
          const outcome = await restoreCutShort(database, dump, counter, () => counter.abortAt(request, why));
          isReached = counter.count > request;
          counter.abortAt(-1);
          expect(await openAfter(database)).toBe(outcome);
          outcomes += outcome === "restored" ? "n" : "o";
        }
      } finally {
        counter.restore();
      }
      // An abort without a reason is taken for a dead handle, and tried again on another.
      expect(outcomes).toMatch(why === "quota" ? /^o{5,}n$/ : /^n{5,}$/);
    },
  );
};

/** Restores over ten entries; "restored", or "as before" when it failed. */
const restoreCutShort = async (
  database: string,
  dump: string,
  counter: RequestCounter,
  arm: () => void,
): Promise<string> => {
  counter.abortAt(-1);
  const device = await open(database);
  const { kv } = device.mustGetTab(0);
  for (let n = 0; n < 10; n++) await kv.set(["old", n], n);
  arm();
  const outcome = await kv.restore(new Blob([dump])).then(
    () => "restored",
    () => "as before",
  );
  await device.close();
  return outcome;
};

/** What stands when the bucket is opened again, and after a sweep; no other pages are left then. */
const openAfter = async (database: string): Promise<string> => {
  const device = await open(database);
  const { kv, host } = device.mustGetTab(0);
  const found = await contentsOf(kv);
  await host.sweepGenerations();
  const log = await openIdbLog(database);
  const { pageKeys } = await log.start();
  await log.close();
  const dead = pageKeys.filter(({ generation }) => generation !== host.state.generation);
  expect([dead, host.state.building.size]).toEqual([[], 0]);
  expect(await contentsOf(kv)).toEqual(found);
  await device.close();
  const isNew = found[0]?.startsWith("new") === true;
  expect(found).toHaveLength(isNew ? newCount : 10);
  return isNew ? "restored" : "as before";
};

const newCount = 50;

/** A backup of entries of a kilobyte. */
const dumpOfNew = async (): Promise<string> => {
  const storage = new MemoryStorage();
  const bed = { openLog: () => openMemoryLog(storage) };
  const device = await StoreDevice.open(bed, settings, createTally(), 1);
  const { kv } = device.mustGetTab(0);
  for (let n = 0; n < newCount; n++) await kv.set(["new", n], "x".repeat(1000));
  const text = await new Response(kv.backup()).text();
  await device.close();
  return text;
};
