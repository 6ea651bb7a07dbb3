/**
 * A relay that is killed while a browser pushes to it, each time with rulings on its disk that the browser has not heard
 * of: on the same file it goes on, nothing that it acknowledged is lost, and nothing is applied twice.
 */
import type { Page } from "playwright";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AnswerGate } from "./answer-gate.ts";
import { atLeast, eventually, noticeNetwork, useBrowserBed } from "./browser-bed.ts";
import type { Tally, TallyContent, TallyProgress } from "./page/tally.ts";

declare global {
  // oxlint-disable-next-line no-var -- how TypeScript declares a member of the global object
  var tally: Tally;
}

const commits = 3000;
/** How many acknowledged commits there are, at least, when the relay is killed. */
const killsAt = [100, 900, 1700, 2300];

const bed = useBrowserBed("tally");
let gate: AnswerGate;
beforeEach(async () => {
  gate = await AnswerGate.open(() => bed.relay.url);
});
afterEach(() => gate.close());

const openTally = async (device: "first" | "second"): Promise<Page> => {
  const page = await bed.openTab(device);
  await page.goto(bed.origin);
  await page.waitForFunction(() => "tally" in globalThis);
  await page.evaluate(([bucket, relay]) => tally.open(bucket, relay), [bed.bucket, gate.url] as const);
  return page;
};

const untilAcknowledged = (page: Page, least: number): Promise<void> =>
  eventually(() => progressOf(page)).toMatchObject({ acknowledged: atLeast(least) });

const progressOf = (page: Page): Promise<TallyProgress> => page.evaluate(() => tally.progress());
const contentOf = (page: Page): Promise<TallyContent> => page.evaluate(() => tally.content());

test("killed again and again in the middle of a push, the relay loses nothing and counts nothing twice", async () => {
  const writer = await openTally("first");
  await writer.evaluate((count) => tally.write(count), commits);
  for (const killAt of killsAt) {
    await untilAcknowledged(writer, killAt);
    await gate.keepBack();
    await bed.relay.end("SIGKILL");
    await eventually(() => progressOf(writer)).toMatchObject({ state: "offline", pending: atLeast(1) });
    await bed.relay.start();
    await noticeNetwork(writer);
  }
  await untilAcknowledged(writer, commits);
  await eventually(() => progressOf(writer)).toMatchObject({ state: "synced", pending: 0 });

  const all = Array.from({ length: commits }, (_, n) => n);
  const acknowledged = await writer.evaluate(() => tally.acknowledged());
  expect(acknowledged.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(all);
  // One revision for each commit, and no other: a commit that ran twice would have taken two.
  expect(acknowledged.map(({ revision }) => revision).toSorted((a, b) => a - b)).toEqual(
    all.map((n) => n + 1),
  );

  const content = { entries: all, count: commits };
  expect(await contentOf(writer)).toEqual(content);
  const reader = await openTally("second");
  await reader.evaluate(() => tally.flush());
  expect(await contentOf(reader)).toEqual(content);
});
