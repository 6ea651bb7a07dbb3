/**
 * Types: the SDK's client takes the backend for its own, and apps keep the SDK's types. Its class has private
 * members, so nothing but itself is assignable to it: it is used as it is, and not made again.
 */
import type { ForgeSdk } from "./forge-bed.ts";
import { type GetResult, kvs, type SetResult } from "@forge/kvs";
import type {
  BatchItemError,
  BatchSetResponse,
  GetResponse,
  QueryResponse,
} from "@forge/kvs/out/interfaces/kvs-api.js";
import type { Kvs } from "@forge/kvs/out/interfaces/kvs.js";
import {
  type BatchAnswer,
  type BatchFailure,
  createForgeKvs,
  type EntityDeclaration,
  type ForgeFetch,
  type ForgeKvsOptions,
  type QueryAnswer,
  type RecordAnswer,
} from "@rockpool/forge-kvs";
import type { Kv, OpenOptions } from "rockpool";
import { expectTypeOf, test } from "vitest";

const read = () => kvs.get<number>("k", {});
const swap = () => kvs.set<number, string>("k", 1, { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" });

test("what a manifest declares may be read from a JSON file, whose texts TypeScript takes for any", () => {
  // As an import of JSON is typed.
  const declared = [
    { name: "employee", attributes: { age: { type: "integer" } }, indexes: ["age"] },
    {
      name: "team",
      attributes: { title: { type: "string" } },
      indexes: ["title", { name: "by-title", range: ["title"] }],
    },
  ];
  expectTypeOf(createForgeKvs).toBeCallableWith({ name: "types", entities: declared });
  createForgeKvs({ name: "types", entities: declared });
});

test("what the SDK gives its platform is what ours takes, and what ours answers is what the SDK reads", () => {
  const backend = createForgeKvs({ name: "types" });
  // What storage-api.js makes of a call, and what it reads of an answer.
  const sent = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
  type Read = Pick<Response, "ok" | "status" | "statusText" | "text"> & {
    readonly headers: { get(name: string): string | null };
  };
  expectTypeOf(backend.handle).toBeCallableWith("/api/v1/get", sent);
  expectTypeOf<Awaited<ReturnType<typeof backend.handle>>>().toExtend<Read>();
  expectTypeOf<ForgeFetch>().toBeCallableWith({ type: "kvs", provider: "app", remote: "kvs" }, "/", sent);
  expectTypeOf<RecordAnswer>().toExtend<GetResponse<unknown>>();
  expectTypeOf<RecordAnswer>().toExtend<QueryResponse<unknown>["data"][number]>();
  expectTypeOf<BatchFailure>().toExtend<BatchItemError>();
  expectTypeOf<BatchItemError>().toExtend<BatchFailure>();
  expectTypeOf<keyof BatchAnswer<BatchFailure>>().toEqualTypeOf<keyof BatchSetResponse>();
  expectTypeOf<keyof QueryAnswer>().toEqualTypeOf<keyof QueryResponse<unknown>>();
  expectTypeOf<typeof fetch>().returns.toExtend<ReturnType<ForgeFetch>>();
});

test("apps keep the types of the SDK", () => {
  expectTypeOf<ForgeSdk>().toEqualTypeOf<typeof kvs>();
  expectTypeOf<ForgeSdk>().toExtend<Kvs>();
  expectTypeOf<Awaited<ReturnType<typeof read>>>().toEqualTypeOf<GetResult<number> | undefined>();
  expectTypeOf<Awaited<ReturnType<typeof swap>>>().toEqualTypeOf<SetResult<string> | undefined>();
});

test("the backend takes a bucket in one of two ways, and entities as JSON", () => {
  expectTypeOf<{ kv: Kv }>().toExtend<ForgeKvsOptions>();
  expectTypeOf<{ kv: () => Promise<Kv>; confirm: "relay" }>().toExtend<ForgeKvsOptions>();
  expectTypeOf<{ name: string; options: OpenOptions }>().toExtend<ForgeKvsOptions>();
  expectTypeOf<{ confirm: "relay" }>().not.toExtend<ForgeKvsOptions>();
  expectTypeOf<{ name: string; attributes: { a: "integer" } }>().not.toExtend<EntityDeclaration>();
  expectTypeOf<{
    name: string;
    attributes: { a: { type: "integer" } };
    indexes: ("a" | { name: string; range: ["a"] })[];
  }>().toExtend<EntityDeclaration>();
});
