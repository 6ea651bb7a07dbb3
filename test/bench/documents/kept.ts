/**
 * What it costs to keep a document on the device: bytes, the time to load it, and what a keystroke costs in a large
 * document and in an empty one.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright";
import { deviceWorkMs } from "./device-work.ts";
import { kilobytes, ms, percentile, printTable, ratio, spread } from "./figures.ts";
import type { EditorPage, SideName, Typing } from "./page/page.ts";

declare global {
  // oxlint-disable-next-line no-var -- how TypeScript declares a member of the global object
  var editor: EditorPage;
}

/** Opens an empty tab of a device with the page of the benchmark in it. */
export type OpenEditor = (device: string) => Promise<Page>;

/** One of the documents that are typed into. `update`: base64, null when it begins empty. */
export interface Subject {
  readonly name: string;
  readonly update: string | null;
  readonly length: number;
}

interface Typed extends Typing {
  /** Processor time of the whole device for one keystroke, with what it does in the seconds after them. */
  readonly workMs: number;
}

interface Kept {
  readonly bytes: number;
  readonly bytesAfterLoads: number;
  readonly bytesAfterTyping: number;
  readonly loadMs: number;
  readonly oneByOne: Typed;
  readonly flowing: Typed;
}

const loads = 5;
const keystrokes = 300;
/** As a quick typist: some 80 words a minute are a keystroke every 150 ms, a key held down repeats every 33 ms. */
const everyMs = 33;
/** Time for what a side puts off until nothing happens. */
const settleMs = 3000;

/** Measures each side with each subject and prints a table of it. */
export const compareKept = async (
  sides: readonly SideName[],
  subjects: readonly Subject[],
  openEditor: OpenEditor,
): Promise<void> => {
  const rows = [
    [
      "",
      "stored",
      `${loads} loads on`,
      "and typed",
      "load",
      "held p50/p95",
      "saved, one by one",
      "saved, flowing",
      "work, 1x1",
      "work, fl.",
    ],
  ];
  const ratios: string[][] = [["", "held", "saved, one by one", "saved, flowing", "work, 1x1", "work, fl."]];
  for (const side of sides) {
    const results: Kept[] = [];
    for (const subject of subjects) {
      const kept = await measureKept(side, subject, openEditor);
      results.push(kept);
      const { oneByOne, flowing } = kept;
      rows.push([
        `${side}, ${subject.name}`,
        kilobytes(kept.bytes),
        kilobytes(kept.bytesAfterLoads),
        kilobytes(kept.bytesAfterTyping),
        ms(kept.loadMs),
        spread(flowing.heldMs),
        spread(oneByOne.savedMs),
        spread(flowing.savedMs),
        ms(oneByOne.workMs),
        ms(flowing.workMs),
      ]);
    }
    const [base, ...others] = results;
    for (const other of others) {
      if (base !== undefined) ratios.push([side, ...ratiosOf(other, base)]);
    }
  }
  printTable(`A document kept on the device; ${keystrokes} keystrokes, ms p50 / p95`, rows);
  printTable("A keystroke in the large document, as a multiple of one in the empty document", ratios);
};

function ratiosOf(large: Kept, empty: Kept): readonly string[] {
  return [
    ratio(median(large.flowing.heldMs), median(empty.flowing.heldMs)),
    ratio(median(large.oneByOne.savedMs), median(empty.oneByOne.savedMs)),
    ratio(median(large.flowing.savedMs), median(empty.flowing.savedMs)),
    ratio(large.oneByOne.workMs, empty.oneByOne.workMs),
    ratio(large.flowing.workMs, empty.flowing.workMs),
  ];
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

async function measureKept(side: SideName, subject: Subject, openEditor: OpenEditor): Promise<Kept> {
  const device = `${side}-${subject.name}`;
  /** Runs `work` in a new tab with the document open, `opened` ms after it was asked for. */
  const inTab = async <T>(work: (page: Page, openedMs: number) => Promise<T>): Promise<T> => {
    const page = await openEditor(device);
    const openedMs = await page.evaluate(([side]) => editor.open(side, "document", null), [side] as const);
    const result = await work(page, openedMs);
    await page.evaluate(() => editor.close());
    await page.close();
    return result;
  };
  const bytes = await inTab(async (page) => {
    if (subject.update !== null) await page.evaluate((update) => editor.apply(update), subject.update);
    await delay(settleMs);
    return page.evaluate(() => editor.bytesInRecords());
  });
  const loadTimes: number[] = [];
  for (let load = 0; load < loads; load++) {
    loadTimes.push(
      await inTab(async (page, openedMs) => {
        const length = await page.evaluate(() => editor.length());
        if (side !== "alone" && length !== subject.length) {
          throw new Error(`${side} loaded ${length} characters`);
        }
        return openedMs;
      }),
    );
  }
  const bytesAfterLoads = await inTab((page) => page.evaluate(() => editor.bytesInRecords()));
  const type = (pace: number | null): Promise<Typed> =>
    inTab(async (page) => {
      if (side === "alone" && subject.update !== null) {
        await page.evaluate((update) => editor.apply(update), subject.update);
      }
      // The first keystrokes after loading find out where they are; those that follow are like each other.
      await page.evaluate(([pace]) => editor.type(20, pace), [pace] as const);
      await delay(settleMs);
      const before = await deviceWorkMs(page);
      const typing = await page.evaluate(([count, pace]) => editor.type(count, pace), [
        keystrokes,
        pace,
      ] as const);
      await delay(settleMs);
      const workMs = ((await deviceWorkMs(page)) - before) / keystrokes;
      return { ...typing, workMs };
    });
  const oneByOne = await type(null);
  const flowing = await type(everyMs);
  const bytesAfterTyping = await inTab((page) => page.evaluate(() => editor.bytesInRecords()));
  return { bytes, bytesAfterLoads, bytesAfterTyping, loadMs: median(loadTimes), oneByOne, flowing };
}
