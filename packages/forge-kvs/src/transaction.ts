/**
 * Transactions: up to 25 operations on plain keys and entities that are committed together or not at
 * all. One with a condition is a checked commit: every entity of it must stand as it was read. One
 * without is a blind commit, whose writes win or lose by their time, each key for itself.
 */
import type { KvEntryMaybe } from "rockpool";
import { addChange, attemptsMax, type Backend, conditional, spaceOf } from "./backend.ts";
import { type Filter, readFilter } from "./conditions.ts";
import { arrayOf, type JsonObject, objectOf } from "./json.ts";
import { nameOfKey } from "./key-layout.ts";
import { payloadBytesMax, transactionOperationsMax } from "./limits.ts";
import { badRequest, conditionFailed, duplicateKey, Refusal, tooLarge } from "./refusal.ts";
import { ttlMsOf } from "./request-checks.ts";
import type { Space } from "./space.ts";
import { recordOf, type StoredRecord } from "./stored-record.ts";

interface Operation {
  readonly type: "set" | "delete" | "check";
  readonly space: Space;
  readonly key: string;
  readonly filter: Filter | undefined;
  /** Of a set. */
  readonly value: unknown;
  readonly ttlMs: number | undefined;
}

type Before = KvEntryMaybe<StoredRecord>;

/** @throws Refusal "CONDITIONAL_CHECK_FAILED" when a condition does not hold; nothing is written then */
export const transact = async (backend: Backend, body: JsonObject, bodyBytes: number): Promise<void> => {
  const operations = operationsOf(backend, body, bodyBytes);
  const places = operations.map(({ space, key }) => space.place(key));
  if (new Set(places.map(nameOfKey)).size < places.length) throw duplicateKey();
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await backend.kv.getMany<StoredRecord[]>(places);
    // What was read has changed when it is refused: the conditions are judged again of what stands now.
    if (await attemptTo(backend, operations, before)) return;
  }
  throw conditionFailed();
};

const attemptTo = async (
  backend: Backend,
  operations: readonly Operation[],
  before: readonly Before[],
): Promise<boolean> => {
  const atomic = backend.kv.atomic();
  const isConditional = operations.some(({ filter }) => filter !== undefined);
  for (const [at, operation] of operations.entries()) {
    const entry = before[at];
    if (entry === undefined) continue;
    if (!holds(operation, entry)) throw conditionFailed();
    if (isConditional && operation.space.entityName !== undefined) atomic.check(entry);
    if (operation.type === "check") continue;
    const { space, key, value, ttlMs } = operation;
    const after = operation.type === "set" ? recordOf(value, entry.value, ttlMs) : null;
    addChange(backend, atomic, { space, key, before: entry, after, ttlMs });
  }
  const { ok } = await atomic.commit(isConditional ? conditional(backend) : {});
  return ok;
};

/** A check is of an entity that stands; of one that is missing, a set or delete judges no attributes. */
const holds = ({ type, filter }: Operation, { value: record }: Before): boolean =>
  !(type === "check" && record === null) && (filter === undefined || filter(record?.value));

const operationsOf = (backend: Backend, body: JsonObject, bodyBytes: number): readonly Operation[] => {
  const types = ["set", "delete", "check"] as const;
  const asked = types.flatMap((type) =>
    arrayOf(body, type).map((operation) => [type, objectOf(operation, type)] as const),
  );
  if (asked.length === 0) throw invalidTransaction("A transaction must have at least one operation.");
  if (asked.length > transactionOperationsMax) {
    throw new Refusal(
      422,
      "UNPROCESSABLE_ENTITY",
      "Request cannot be processed due to one or more semantic errors",
    );
  }
  if (bodyBytes > payloadBytesMax) {
    throw tooLarge(` The transaction takes ${bodyBytes} bytes of ${payloadBytesMax}.`);
  }
  return asked.map(([type, operation]) => operationOf(backend, type, operation));
};

const operationOf = (backend: Backend, type: Operation["type"], asked: JsonObject): Operation => {
  const { entityName, value, options } = asked;
  const space = spaceOf(backend, entityName);
  const key = space.checkKey(asked["key"]);
  const filter = readFilter(asked["conditions"]);
  if (filter !== undefined && entityName === undefined) {
    throw invalidTransaction(`Conditions are for entities: name that of "${key}".`);
  }
  if (type === "check" && filter === undefined) {
    throw invalidTransaction(`A check needs conditions, and an entity: "${key}" has none.`);
  }
  if (type === "set") space.checkValue(value);
  return { type, space, key, filter, value, ttlMs: type === "set" ? ttlMsOf(options) : undefined };
};

const invalidTransaction = (message: string): Refusal => badRequest("INVALID_TRANSACTION_REQUEST", message);
