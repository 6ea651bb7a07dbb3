/**
 * Any sequence of calls by two hosts gives the same answers in memory and in a log under test, each
 * row, page and position of them: the log in memory is the oracle that other tests rely on.
 */
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import type { Decision, Log, PlacedRow } from "@rockpool/log";
import { createVersionstamp, packKey } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendOf, checkpointAt, guessThen, none, pageOf, pendingOf, retry, versionOf } from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

/** A device as the calls see it: two hosts, and what stands in the log by what they were told. */
interface Device {
  readonly hosts: readonly [Log, Log];
  readonly positions: Position[];
  base: Position;
}

/** Makes one call, and gives what came of it. */
type Call = (device: Device) => Promise<unknown>;

export const describeOracle = (logName: string, createBed: CreateBed, runs: number): void => {
  describe(`log against memory: ${logName}`, () => {
    test("any sequence of calls gives the same answers", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyCall, { minLength: 5, maxLength: 40 }), async (calls) => {
          const storage = new MemoryStorage();
          const bed = createBed();
          const { guesses = true } = bed;
          const oracle = await openDevice(() => openMemoryLog(storage, { guesses }));
          const device = await openDevice(() => bed.open());
          for (const call of calls) expect(await call(device)).toEqual(await call(oracle));
          expect(await device.hosts[0].start()).toEqual(await oracle.hosts[1].start());
          await Promise.all([...device.hosts, ...oracle.hosts].map((log) => log.close()));
        }),
        { numRuns: runs },
      );
    });
  });
};

const openDevice = async (open: () => Promise<Log>): Promise<Device> => ({
  hosts: [await open(), await open()],
  positions: [],
  base: 0,
});

const host = fc.constantFrom(0, 1);
const name = fc.constantFrom("a", "b", "c").map((part) => packKey([part]));
const generation = fc.constantFrom(1, 2);
/** How many rows behind the last one the caller's tail is. */
const lag = fc.constantFrom(0, 0, 0, 1, 2, 5);
const decisionOf = (count: number): fc.Arbitrary<() => Decision> =>
  fc.constantFrom(appendOf(count), appendOf(count), none, retry);

const tailOf = ({ positions }: Device, rowsBehind: number): Position => positions.at(-1 - rowsBehind) ?? 0;

const anyAppend: fc.Arbitrary<Call> = fc
  .record({ host, lag, guess: decisionOf(1), late: decisionOf(2), atLeast: fc.option(fc.nat({ max: 60 })) })
  .map(({ host, lag, guess, late, atLeast }) => async (device) => {
    const options = atLeast === null ? {} : { atLeast };
    const appended = await device.hosts[host].append(tailOf(device, lag), guessThen(guess, late), options);
    if (appended.position !== undefined) device.positions.push(appended.position);
    return appended;
  });

const anyRead: fc.Arbitrary<Call> = fc
  .record({
    host,
    lag,
    ranges: fc.array(fc.record({ generation, from: name, to: name }), { maxLength: 3 }),
    versionsOf: fc.array(fc.record({ generation, key: name }), { maxLength: 3 }),
  })
  .map(
    ({ host, lag, ranges, versionsOf }) =>
      (device) =>
        device.hosts[host].read(tailOf(device, lag), ranges, versionsOf),
  );

const anyPage = fc
  .record({
    generation,
    name: fc.constantFrom("a", "b", "c"),
    count: fc.nat({ max: 99 }),
    end: fc.option(fc.integer({ min: 1, max: 9 })),
  })
  .map(({ generation, name, count, end }) => ({
    ...pageOf(generation, name, count),
    ...(end === null ? {} : { earliestExpiry: end }),
  }));

const anyVersion = fc
  .record({ generation, name: fc.constantFrom("a", "b", "c"), count: fc.integer({ min: 1, max: 9 }) })
  .map(({ generation, name, count }) => versionOf(generation, name, count));

const anyTrim = fc.record({ generation, key: name, keep: fc.nat({ max: 3 }) });

/** What is written and deleted beside the pages in force. */
const anyGenerationCall: fc.Arbitrary<Call> = fc
  .record({
    host,
    generation,
    pages: fc.array(anyPage, { maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ host, generation, pages, limit }) =>
    fc.constantFrom<Call>(
      ({ hosts }) => hosts[host].putPages(pages),
      ({ hosts }) => hosts[host].deleteGeneration(generation, limit),
    ),
  );

/** What is looked for by time. */
const anyLook: fc.Arbitrary<Call> = fc
  .record({ host, generation, limit: fc.integer({ min: 1, max: 4 }), since: fc.nat({ max: 99 }) })
  .chain(({ host, generation, limit, since }) =>
    fc.constantFrom<Call>(
      ({ hosts }) => hosts[host].pagesByExpiry(generation, limit),
      ({ hosts }) => hosts[host].pagesChangedSince(generation, createVersionstamp(since)),
    ),
  );

const anyCheckpoint: fc.Arbitrary<Call> = fc
  .record({
    host,
    lag,
    isStale: fc.boolean(),
    putPages: fc.array(anyPage),
    putVersions: fc.array(anyVersion),
    trimVersions: fc.uniqueArray(anyTrim, {
      maxLength: 3,
      selector: ({ generation, key }) => `${generation} ${key}`,
    }),
    drop: fc.array(fc.record({ generation, first: name })),
    putPending: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
    deletePending: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
  })
  .map(({ host, lag, isStale, drop, putPending, ...parts }) => async (device) => {
    const checkpoint = checkpointAt(
      device.base - (isStale ? 1 : 0),
      Math.max(device.base, tailOf(device, lag)),
      {
        ...parts,
        deletePages: drop,
        putPending: putPending.map(pendingOf),
      },
    );
    const isWritten = await device.hosts[host].checkpoint(checkpoint);
    if (isWritten) device.base = checkpoint.meta.checkpoint;
    return isWritten;
  });

const anyStart: fc.Arbitrary<Call> = host.map((host) => async ({ hosts, positions }) => {
  const started = await hosts[host].start();
  positions.splice(0, positions.length, ...started.rows.map(({ position }: PlacedRow) => position));
  return started;
});

const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 5, arbitrary: anyAppend },
  { weight: 2, arbitrary: anyRead },
  { weight: 2, arbitrary: anyCheckpoint },
  { weight: 2, arbitrary: anyGenerationCall },
  { weight: 1, arbitrary: anyLook },
  { weight: 1, arbitrary: anyStart },
);
