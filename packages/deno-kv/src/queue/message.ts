/**
 * A message as it stands in the bucket: its payload under one key, which never changes, and under
 * another, which begins with the time it is due, what is to become of it. So the first of the due ones
 * is the first key, and whoever takes a message or answers for it moves a small entry alone.
 * All of these are stored: never change one, add new ones.
 */
import type { Key, Kv as RockpoolKv } from "rockpool";
import { wrongType } from "../errors.ts";
import { reservedPart } from "../keys.ts";
import type { KvEnqueueOptions, KvKey } from "../kv.ts";
import {
  backoffDefault,
  backoffIntervalBytes,
  backoffIntervalsMax,
  backoffMsMax,
  delayMsMax,
} from "../limits.ts";
import { snapshotOfPayload } from "../snapshot.ts";

/** Below it the messages stand in the order in which they are due. */
export const duePrefix: Key = [reservedPart, "due"];

/** `dueMs`: when it is to be delivered, in ms since 1970; of one that was taken, when it is given up as lost. */
export const dueKey = (dueMs: number, id: string): Key => [...duePrefix, dueMs, id];

export const payloadKey = (id: string): Key => [reservedPart, "payload", id];

/** When a message is due, and which it is. */
export const readDueKey = (key: Key): { readonly dueMs: number; readonly id: string } => ({
  dueMs: key[2] as number,
  id: key[3] as string,
});

/** What stands under a message's due key. */
export interface Message {
  /** Ms before each further attempt, the next one first. */
  readonly backoff: readonly number[];
  readonly undelivered: readonly Key[];
  /** True while a listener answers for it. */
  readonly isTaken: boolean;
}

/** A message that is to be enqueued. */
export interface Enqueue extends Pick<Message, "backoff" | "undelivered"> {
  readonly payload: unknown;
  readonly delayMs: number;
  /** Of the payload, as Deno counts them. */
  readonly bytes: number;
  /** As they were given, if they were: for printing. */
  readonly options: readonly KvEnqueueOptions[];
}

/** @throws TypeError for options that Deno refuses at the call, and a payload that cannot be cloned */
export const toEnqueue = (value: unknown, options: KvEnqueueOptions | null | undefined): Enqueue => {
  const { delay, backoffSchedule, keysIfUndelivered } = options ?? {};
  const { value: payload, bytes } = snapshotOfPayload(value);
  return {
    payload,
    bytes,
    delayMs: toDelay(delay),
    backoff: backoffSchedule === undefined ? backoffDefault : toBackoff(backoffSchedule),
    undelivered: toKeys(keysIfUndelivered),
    options: options === undefined || options === null ? [] : [options],
  };
};

/** Bytes that a message counts in its commit. */
export const enqueueBytes = ({ bytes, backoff }: Enqueue): number =>
  bytes + backoff.length * backoffIntervalBytes;

/** Adds a message to an operation. */
export const addMessage = (
  operation: ReturnType<RockpoolKv["atomic"]>,
  { payload, delayMs, backoff, undelivered }: Enqueue,
): void => {
  const id = crypto.randomUUID();
  const message: Message = { backoff, undelivered, isTaken: false };
  operation.set(payloadKey(id), { payload }, { expireIn: "never" });
  operation.set(dueKey(Date.now() + delayMs, id), message, { expireIn: "never" });
};

const toDelay = (delay: number | null | undefined): number => {
  if (delay === undefined || delay === null) return 0;
  if (typeof delay !== "number") throw wrongType("integer", delay);
  if (delay < 0) throw new TypeError(`Delay must be >= 0: received ${delay}`);
  if (delay > delayMsMax) throw new TypeError(`Delay cannot be greater than 30 days: received ${delay}`);
  if (Number.isNaN(delay)) throw new TypeError("Delay cannot be NaN");
  return Math.trunc(delay);
};

const toBackoff = (schedule: readonly number[]): readonly number[] => {
  if (schedule.length > backoffIntervalsMax) {
    throw new TypeError(`Invalid backoffSchedule, max ${backoffIntervalsMax} intervals allowed`);
  }
  return schedule.map((intervalMs, index) => {
    if (typeof intervalMs !== "number") throw wrongType("integer", intervalMs);
    if (intervalMs >= 0 && intervalMs <= backoffMsMax) return Math.trunc(intervalMs);
    throw new TypeError(`Invalid backoffSchedule, interval at index ${index} is invalid`);
  });
};

const toKeys = (keys: readonly KvKey[] | null | undefined): readonly Key[] => {
  if (keys === undefined || keys === null) return [];
  if (!Array.isArray(keys)) throw wrongType("array", keys);
  return keys.map((key: KvKey) => {
    if (!Array.isArray(key)) throw wrongType("array", key);
    return [...key] as Key;
  });
};
