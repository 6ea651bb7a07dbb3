/**
 * The 15 requests that `@forge/kvs` makes, by path.
 */
import type { Backend } from "./backend.ts";
import { batchDelete, batchGet, batchSet } from "./batch.ts";
import { queryEntity } from "./entity-query.ts";
import { deleteRecord, getRecord, readSet, setRecord } from "./entries.ts";
import { objectOf, type JsonObject } from "./json.ts";
import { queryPlain } from "./plain-query.ts";
import { deleteSecret, getSecret, setSecret } from "./secret-records.ts";
import { entitySpace, mustGetSchema, plainSpace, type Space } from "./space.ts";
import { transact } from "./transaction.ts";

/** Answers JSON data; undefined for an answer without a body. `bodyBytes` is what the body took as it was sent. */
export type Route = (backend: Backend, body: unknown, bodyBytes: number) => Promise<unknown>;

type SpaceOfRequest = (backend: Backend, body: JsonObject) => Space;

const plain: SpaceOfRequest = () => plainSpace;
const entity: SpaceOfRequest = ({ schemas }, body) => entitySpace(mustGetSchema(schemas, body["entityName"]));

/** A route whose body is an object. */
const withObject =
  (run: (backend: Backend, body: JsonObject, bodyBytes: number) => Promise<unknown>): Route =>
  (backend, body, bodyBytes) =>
    run(backend, objectOf(body, "the body"), bodyBytes);

const get = (space: SpaceOfRequest): Route =>
  withObject((backend, body) => getRecord(backend, space(backend, body), body["key"], body["options"]));

const set = (spaceOfRequest: SpaceOfRequest): Route =>
  withObject((backend, body) => {
    const space = spaceOfRequest(backend, body);
    return setRecord(backend, space, readSet(space, body["key"], body["value"], body["options"]));
  });

const remove = (space: SpaceOfRequest): Route =>
  withObject((backend, body) => deleteRecord(backend, space(backend, body), body["key"]));

export const routeByPath: ReadonlyMap<string, Route> = new Map([
  ["/api/v1/get", get(plain)],
  ["/api/v1/set", set(plain)],
  ["/api/v1/delete", remove(plain)],
  ["/api/v1/query", withObject(queryPlain)],
  ["/api/v1/secret/get", withObject(getSecret)],
  ["/api/v1/secret/set", withObject(setSecret)],
  ["/api/v1/secret/delete", withObject(deleteSecret)],
  ["/api/v1/entity/get", get(entity)],
  ["/api/v1/entity/set", set(entity)],
  ["/api/v1/entity/delete", remove(entity)],
  ["/api/v1/entity/query", withObject(queryEntity)],
  ["/api/v1/batch/set", batchSet],
  ["/api/v1/batch/delete", batchDelete],
  ["/api/v1/batch/get", batchGet],
  ["/api/v1/transaction", withObject(transact)],
]);
