/**
 * A tab that ends while it commits without a pause: its process crashes, its worker is ended, or it is closed. The tab
 * beside it sees whole commits only, misses none that was acknowledged, and goes on committing.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../browser/browser-bed.ts";
import { CrashBed } from "./crash-bed.ts";
import { type BackingStore, type CrashBrowser, type CrashTab, expectWhole } from "./crash-browser.ts";

const testMsMax = 60_000;
const rounds = 2;

const bed = await CrashBed.open();
afterAll(() => bed.close());

const closeAsking = async (tab: CrashTab): Promise<void> => {
  await tab.call("holdBack");
  await tab.close({ asking: true });
};

const endings: readonly (readonly [string, (tab: CrashTab) => Promise<unknown>])[] = [
  ["its process crashes", (tab) => tab.crash()],
  ["its worker is ended", async (tab) => expect(await tab.call("terminate")).toBe("outcome-unknown")],
  ["it is closed", (tab) => tab.close({ asking: false })],
  ["it is closed after its page was asked", closeAsking],
];

describe.each<BackingStore>(["leveldb", "sqlite"])("a tab that commits (%s)", (store) => {
  let browser: CrashBrowser;
  beforeAll(async () => {
    browser = await bed.launch(store);
  }, testMsMax);

  test.each(endings)("leaves whole commits when %s", { timeout: testMsMax }, async (ending, end) => {
    const open = async (): Promise<CrashTab> => {
      const tab = await browser.openTab(bed.url);
      await tab.call("open", ending, {});
      return tab;
    };
    const beside = await open();
    await beside.call("follow");
    await beside.call("write", "beside", 1);
    for (let round = 0; round < rounds; round++) {
      const tab = await open();
      const writer = `round ${round}`;
      await tab.call("write", writer, 4);
      await tab.untilAcknowledged(30 + round * 10);
      await end(tab);
      const content = await beside.call("read");
      expectWhole(content);
      expect(content.lastByWriter[writer]).toBeGreaterThanOrEqual(tab.acknowledged);
      await beside.untilAcknowledged(10);
      expect(tab.errors).toEqual([]);
    }
    await beside.call("stop");
    const content = await beside.call("read");
    expectWhole(content);
    expect(content.names).toEqual([`beside ${beside.acknowledged}`]);
    expect(content.lastByWriter["beside"]).toBe(beside.acknowledged);
    await eventually(() => beside.call("seen")).toMatchObject({ torn: 0, names: content.names });
    expect(beside.errors).toEqual([]);
    await beside.close({ asking: false });
  });
});
