/**
 * Batches: up to 25 operations that succeed or fail one by one. What is wrong with a batch as a whole
 * fails all of it.
 */
import { type Backend, spaceOf } from "./backend.ts";
import { deleteRecord, getRecord, readSet, setRecord } from "./entries.ts";
import { isObject, type JsonObject } from "./json.ts";
import { batchKeysMax, payloadBytesMax } from "./limits.ts";
import { badRequest, duplicateKey, invalidRequest, Refusal, tooLarge } from "./refusal.ts";
import type { RecordAnswer } from "./stored-record.ts";

export interface BatchItem {
  readonly key: string;
  readonly entityName?: string;
}

export interface BatchFailure extends BatchItem {
  readonly error: { readonly code: string; readonly message: string };
}

export interface BatchAnswer<T extends BatchItem> {
  readonly successfulKeys: readonly T[];
  readonly failedKeys: readonly BatchFailure[];
}

export const batchSet = (
  backend: Backend,
  body: unknown,
  bodyBytes: number,
): Promise<BatchAnswer<BatchItem>> =>
  runBatch("set", body, bodyBytes, async (item) => {
    const space = spaceOf(backend, item["entityName"]);
    const { ttl } = isObject(item["options"]) ? item["options"] : {};
    // Batches know no key policy: what is given is ignored, as a transaction does.
    await setRecord(backend, space, readSet(space, item["key"], item["value"], { ttl }));
    return nameOf(item);
  });

export const batchDelete = (
  backend: Backend,
  body: unknown,
  bodyBytes: number,
): Promise<BatchAnswer<BatchItem>> =>
  runBatch("delete", body, bodyBytes, async (item) => {
    try {
      await deleteRecord(backend, spaceOf(backend, item["entityName"]), item["key"]);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "KEY_NOT_FOUND")) throw error;
      // What is not there need not be deleted, as in a transaction.
    }
    return nameOf(item);
  });

export const batchGet = (
  backend: Backend,
  body: unknown,
  bodyBytes: number,
): Promise<BatchAnswer<RecordAnswer>> =>
  runBatch("get", body, bodyBytes, async (item) => {
    const space = spaceOf(backend, item["entityName"]);
    const answer = await getRecord(backend, space, item["key"], item["options"]);
    return { ...nameOf(item), ...answer };
  });

const runBatch = async <T extends BatchItem>(
  verb: "set" | "delete" | "get",
  body: unknown,
  bodyBytes: number,
  run: (item: JsonObject) => Promise<T>,
): Promise<BatchAnswer<T>> => {
  const items = itemsOf(verb, body);
  if (bodyBytes > payloadBytesMax) {
    throw tooLarge(` The batch takes ${bodyBytes} bytes of ${payloadBytesMax}: send it in parts.`);
  }
  const outcomes = await Promise.all(
    items.map(async (item): Promise<{ done: T } | { failed: BatchFailure }> => {
      try {
        return { done: await run(item) };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { failed: { ...nameOf(item), error: { code: error.code, message: error.message } } };
      }
    }),
  );
  return {
    successfulKeys: outcomes.flatMap((outcome) => ("done" in outcome ? [outcome.done] : [])),
    failedKeys: outcomes.flatMap((outcome) => ("failed" in outcome ? [outcome.failed] : [])),
  };
};

const itemsOf = (verb: string, body: unknown): readonly JsonObject[] => {
  if (!Array.isArray(body) || !body.every(isObject)) {
    throw invalidRequest("A batch is an array of objects with a key each.");
  }
  if (body.length === 0) throw badRequest("EMPTY_BATCH", "A batch must have at least one key.");
  if (body.length > batchKeysMax) {
    // Measured of set.
    throw badRequest(
      "TOO_MANY_BATCH_ENTITIES",
      `Number of entities to ${verb} was ${body.length}, but you can only ${verb} a maximum of ${batchKeysMax} entities at a time.`,
    );
  }
  const names = new Set(body.map((item) => JSON.stringify(nameOf(item))));
  if (names.size < body.length) throw duplicateKey();
  return body;
};

const nameOf = ({ key, entityName }: JsonObject): BatchItem => ({
  key: String(key),
  ...(entityName === undefined ? {} : { entityName: String(entityName) }),
});
