/**
 * get, set and delete of one record, plain or of an entity.
 */
import type { KvEntryMaybe } from "rockpool";
import { addChange, attemptsMax, type Backend, conditional } from "./backend.ts";
import { nameOfKey } from "./key-layout.ts";
import { conditionFailed, keyConflict, keyNotFound } from "./refusal.ts";
import { policyOf, type SetPolicy, ttlMsOf } from "./request-checks.ts";
import type { Space } from "./space.ts";
import {
  answerOf,
  fieldsOf,
  type MetadataField,
  type RecordAnswer,
  recordOf,
  type StoredRecord,
} from "./stored-record.ts";

/** @throws Refusal "KEY_NOT_FOUND" */
export const getRecord = async (
  { kv }: Backend,
  space: Space,
  givenKey: unknown,
  options: unknown,
): Promise<RecordAnswer> => {
  const key = space.checkKey(givenKey);
  const fields = fieldsOf(options);
  const { value } = await kv.get<StoredRecord>(space.place(key));
  if (value === null) throw keyNotFound();
  return answerOf(key, value, fields);
};

/** A set as a request asks for it, checked. */
export interface SetAsk {
  readonly key: string;
  readonly value: unknown;
  readonly ttlMs: number | undefined;
  readonly policy: SetPolicy;
  readonly fields: ReadonlySet<MetadataField>;
}

/** @throws Refusal for what cannot be set */
export const readSet = (
  space: Pick<Space, "checkKey" | "checkValue">,
  key: unknown,
  value: unknown,
  options: unknown,
): SetAsk => {
  const checkedKey = space.checkKey(key);
  space.checkValue(value);
  return {
    key: checkedKey,
    value,
    ttlMs: ttlMsOf(options),
    policy: policyOf(options),
    fields: fieldsOf(options, "returnMetadataFields"),
  };
};

/** Answers undefined where the request asks for no answer, or for the previous record and there is none. */
export const setRecord = (backend: Backend, space: Space, ask: SetAsk): Promise<RecordAnswer | undefined> =>
  backend.queue.run(nameOfKey(space.place(ask.key)), async () => {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const before = await backend.kv.get<StoredRecord>(space.place(ask.key));
      if (ask.policy.failIfExists && before.value !== null) throw keyConflict();
      const after = recordOf(ask.value, before.value, ask.ttlMs);
      if (await commitSet(backend, space, ask, before, after)) {
        return setAnswer(ask, before.value, after);
      }
      if (ask.policy.failIfExists) throw keyConflict();
    }
    throw conditionFailed();
  });

const commitSet = async (
  backend: Backend,
  space: Space,
  { key, ttlMs, policy }: SetAsk,
  before: KvEntryMaybe<StoredRecord>,
  after: StoredRecord,
): Promise<boolean> => {
  const atomic = backend.kv.atomic();
  const isChecked = policy.failIfExists || (policy.returnValue === "PREVIOUS" && isRuledAtOnce(backend));
  if (isChecked) atomic.check(before);
  addChange(backend, atomic, { space, key, before, after, ttlMs });
  const { ok } = await atomic.commit(isChecked ? conditional(backend) : {});
  return ok;
};

/**
 * Whether a check is ruled for good when the commit is answered. Where it is not, an override stays what
 * it is to Forge, a write that wins: it is not to be taken back because another device wrote too.
 */
const isRuledAtOnce = ({ kv, confirm }: Backend): boolean =>
  confirm === "relay" || kv.sync.status.state === "off";

export const setAnswer = (
  { key, policy, fields }: SetAsk,
  before: StoredRecord | null,
  after: StoredRecord,
): RecordAnswer | undefined => {
  if (policy.returnValue === undefined) return undefined;
  const record = policy.returnValue === "LATEST" ? after : before;
  return record === null ? undefined : answerOf(key, record, fields);
};

/** Deletes also what is not in view, and may come from another device. @throws Refusal "KEY_NOT_FOUND" */
export const deleteRecord = (backend: Backend, space: Space, givenKey: unknown): Promise<void> => {
  const key = space.checkKey(givenKey);
  return backend.queue.run(nameOfKey(space.place(key)), async () => {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const before = await backend.kv.get<StoredRecord>(space.place(key));
      const atomic = backend.kv.atomic();
      addChange(backend, atomic, { space, key, before, after: null, ttlMs: undefined });
      // Refused only in a bucket that checks every write (its option `conflict`).
      if (!(await atomic.commit()).ok) continue;
      if (before.value === null) throw keyNotFound();
      return;
    }
    throw conditionFailed();
  });
};
