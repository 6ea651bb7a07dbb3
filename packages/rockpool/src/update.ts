/**
 * Read, change, write on the condition that nobody else wrote meanwhile, and again when somebody did:
 * with pauses that grow and are drawn at random, so that those who compete do not stay in step.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ "full jitter"
 */
import { type Key, KvError } from "@rockpool/model";
import { sleep, type TabClock } from "./clock.ts";
import { deleteEntry } from "./delete-entry.ts";
import type { KvEntryMaybe } from "./entry.ts";
import type { Kv, UpdateOptions, UpdateResult } from "./kv.ts";

/** Attempts if nothing is said. */
const attemptsDefault = 20;
/** The longest pause after the first attempt, in ms; it doubles with each. */
const pauseMsFirst = 4;
const pauseMsMax = 500;

/** As `Kv.update`. */
export const update = async <T>(
  kv: Pick<Kv, "get" | "atomic">,
  clock: TabClock,
  key: Key,
  change: (entry: KvEntryMaybe<T>) => unknown,
  options: UpdateOptions,
): Promise<UpdateResult<T>> => {
  const { attempts = attemptsDefault, signal, expireIn, confirm } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new TypeError(`attempts must be a positive integer: received ${String(attempts)}`);
  }
  const waiting = signal === undefined ? {} : { signal };
  for (let attempt = 1; ; attempt++) {
    const entry = await kv.get<T>(key, waiting);
    const value = await change(entry);
    const isDelete = value === deleteEntry;
    if (value === undefined || (isDelete && entry.versionstamp === null)) {
      return { ok: true, versionstamp: entry.versionstamp, value: entry.value };
    }
    const operation = kv.atomic().check(entry);
    if (isDelete) operation.delete(key);
    else operation.set(key, value, expireIn === undefined ? {} : { expireIn });
    const committed = await operation.commit(confirm === undefined ? waiting : { ...waiting, confirm });
    if (committed.ok) return { ...committed, value: isDelete ? null : (value as T) };
    if (attempt >= attempts) throw conflictError(attempts);
    await sleep(clock, clock.random() * Math.min(pauseMsMax, pauseMsFirst * 2 ** (attempt - 1)), signal);
  }
};

const conflictError = (attempts: number): KvError =>
  new KvError(
    "conflict",
    `others changed the entry before each of ${attempts} attempts to update it; nothing was written. Try again, allow more attempts, or spread what is written over more keys`,
  );
