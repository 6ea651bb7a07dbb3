/**
 * get, set and delete of a secret: a record like any other, sealed by the bucket's secrets, which no
 * query reaches and which stay on this device unless the bucket is opened otherwise.
 */
import type { Backend } from "./backend.ts";
import { readSet, setAnswer } from "./entries.ts";
import type { JsonObject } from "./json.ts";
import { secretKey } from "./key-layout.ts";
import { keyConflict, keyNotFound } from "./refusal.ts";
import { plainSpace } from "./space.ts";
import { answerOf, fieldsOf, type RecordAnswer, recordOf, type StoredRecord } from "./stored-record.ts";

/** @throws Refusal "KEY_NOT_FOUND" */
export const getSecret = async (backend: Backend, body: JsonObject): Promise<RecordAnswer> => {
  const key = plainSpace.checkKey(body["key"]);
  const fields = fieldsOf(body["options"]);
  const record = await findSecret(backend, key);
  if (record === null) throw keyNotFound();
  return answerOf(key, record, fields);
};

export const setSecret = async (backend: Backend, body: JsonObject): Promise<RecordAnswer | undefined> => {
  const ask = readSet(plainSpace, body["key"], body["value"], body["options"]);
  return alone(backend, async () => {
    const before = await findSecret(backend, ask.key);
    if (ask.policy.failIfExists && before !== null) throw keyConflict();
    const after = recordOf(ask.value, before, ask.ttlMs);
    await backend.secrets.set(secretKey(ask.key), after);
    return setAnswer(ask, before, after);
  });
};

/** @throws Refusal "KEY_NOT_FOUND" */
export const deleteSecret = async (backend: Backend, body: JsonObject): Promise<void> => {
  const key = plainSpace.checkKey(body["key"]);
  await alone(backend, async () => {
    const before = await findSecret(backend, key);
    await backend.secrets.delete(secretKey(key));
    if (before === null) throw keyNotFound();
  });
};

/** Secrets have no expiry of their own: one whose life is over is none. */
const findSecret = async ({ secrets }: Backend, key: string): Promise<StoredRecord | null> => {
  const record = await secrets.get<StoredRecord>(secretKey(key));
  return record === null || (record.expireAt ?? Infinity) <= Date.now() ? null : record;
};

const lockName = "forge-kvs secrets";

/**
 * Secrets cannot be written on a condition, so writers take turns: those of a tab by the queue, the tabs
 * of a device by a Web Lock, where the platform has them.
 */
const alone = <T>({ queue }: Backend, work: () => Promise<T>): Promise<T> =>
  queue.run(lockName, async () => {
    const locks = (globalThis.navigator as Navigator | undefined)?.locks;
    return locks === undefined ? work() : locks.request(lockName, work);
  });
