/**
 * How long a keystroke takes to another tab and to another device, in a large document and in an empty one, and what
 * the server works for it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ms, printTable, spread } from "./figures.ts";
import type { OpenEditor, Subject } from "./kept.ts";
import type { MeasuredServer } from "./measured-server.ts";
import type { SideName } from "./page/page.ts";

/** A side that sends, and the server it sends to. */
export interface LiveSide {
  readonly side: SideName;
  readonly server: MeasuredServer;
}

const keystrokes = 300;
const everyMs = 50;
const settleMs = 2000;

/** Measures each side with each subject and prints a table of it. */
export const compareLive = async (
  sides: readonly LiveSide[],
  subjects: readonly Subject[],
  openEditor: OpenEditor,
): Promise<void> => {
  const rows = [["", "load from server", "to other tab", "to other device", "server's work"]];
  for (const side of sides) {
    for (const subject of subjects) {
      rows.push([`${side.side}, ${subject.name}`, ...(await measureLive(side, subject, openEditor))]);
    }
  }
  printTable(`A keystroke sent; ${keystrokes} keystrokes, one every ${everyMs} ms, ms p50 / p95`, rows);
};

async function measureLive(
  { side, server }: LiveSide,
  subject: Subject,
  openEditor: OpenEditor,
): Promise<readonly string[]> {
  const name = `live-${subject.name}`;
  const open = async (
    device: string,
  ): Promise<{ page: Awaited<ReturnType<OpenEditor>>; openedMs: number }> => {
    const page = await openEditor(`${side}-${device}`);
    const openedMs = await page.evaluate(([side, name, url]) => editor.open(side, name, url), [
      side,
      name,
      server.url,
    ] as const);
    return { page, openedMs };
  };
  const { page: typist } = await open("here");
  if (subject.update !== null) await typist.evaluate((update) => editor.apply(update), subject.update);
  const { page: neighbour } = await open("here");
  const { page: remote, openedMs } = await open("there");
  const others = [neighbour, remote];
  await Promise.all(
    others.map((page) => page.evaluate((length) => editor.untilLength(length), subject.length)),
  );
  await delay(settleMs);
  const workBefore = (await server.use()).cpuMs;
  const watches = others.map((page) => page.evaluate((count) => editor.watch(count), keystrokes));
  // The watches must have begun: what is asked of a page is done in the order asked.
  await Promise.all(others.map((page) => page.evaluate(() => editor.length())));
  const { madeAt } = await typist.evaluate(([count, pace]) => editor.type(count, pace), [
    keystrokes,
    everyMs,
  ] as const);
  const arrivals = await Promise.all(watches);
  const workMs = ((await server.use()).cpuMs - workBefore) / keystrokes;
  for (const page of [typist, ...others]) {
    await page.evaluate(() => editor.close());
    await page.close();
  }
  const latencies = arrivals.map((arrivedAt) =>
    spread(arrivedAt.map((at, typed) => at - (madeAt[typed] ?? Number.NaN))),
  );
  return [ms(openedMs), ...latencies, ms(workMs)];
}
