/**
 * A log that is only read: whatever a host of a bucket that was opened `readonly` comes to, nothing
 * reaches the disk.
 */
import type { Log } from "@rockpool/log";
import { KvError } from "@rockpool/model";

export const readonlyLog = (log: Log): Log => ({
  start: () => log.start(),
  read: (tail, ranges, versionsOf) => log.read(tail, ranges, versionsOf),
  pagesByExpiry: (generation, limit) => log.pagesByExpiry(generation, limit),
  pagesChangedSince: (generation, since) => log.pagesChangedSince(generation, since),
  rest: () => log.rest(),
  wake: () => log.wake(),
  close: () => log.close(),
  [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  append: refuse,
  putPages: refuse,
  deleteGeneration: refuse,
  checkpoint: refuse,
  giveUp: refuse,
  keepReserve: refuse,
});

const refuse = (): Promise<never> =>
  Promise.reject(
    new KvError("readonly", "the bucket was opened with readonly: true; open it without, to write"),
  );
