/**
 * What the tests of the Forge backend stand on: a bucket of a place with the backend installed, so that the
 * real `@forge/kvs` runs on it, and the entities that the tests declare.
 */
import type { kvs } from "@forge/kvs";
import { KvsImpl } from "@forge/kvs/out/kvs.js";
import { StorageApi } from "@forge/kvs/out/storage-api.js";
import {
  createForgeKvs,
  type EntityDeclaration,
  type ForgeKvs,
  type ForgeRequest,
  installForgeKvs,
} from "@rockpool/forge-kvs";
import { type CommitOptions, type Kv, openKv } from "rockpool";
import type { Place } from "../places.ts";

/** As `app.storage.entities` of a manifest has them. */
export const entities: readonly EntityDeclaration[] = [
  {
    name: "employee",
    attributes: {
      surname: { type: "string" },
      age: { type: "integer" },
      employmentyear: { type: "integer" },
      gender: { type: "string" },
      nationality: { type: "string" },
      rating: { type: "float" },
      active: { type: "boolean" },
      notes: { type: "any" },
    },
    indexes: [
      "surname",
      "rating",
      "active",
      { name: "by-age", range: ["age"] },
      { name: "by-age-per-gender", partition: ["gender"], range: ["age"] },
      { name: "by-year", partition: ["gender", "nationality"], range: ["employmentyear"] },
    ],
  },
  { name: "row", attributes: { n: { type: "integer" }, s: { type: "string" } }, indexes: ["n", "s"] },
];

/** A bucket with the backend over it, as the platform of this process. */
export class ForgeBed implements AsyncDisposable {
  readonly kv: Kv;
  readonly backend: ForgeKvs;

  private constructor(kv: Kv, backend: ForgeKvs) {
    this.kv = kv;
    this.backend = backend;
  }

  static async open(place: Place, bucket: string): Promise<ForgeBed> {
    const kv = await openKv(bucket, place.options(bucket));
    return new ForgeBed(kv, installForgeKvs({ kv, entities }));
  }

  /** Leaves nothing of the tests before, secrets apart. */
  async clear(): Promise<void> {
    await this.kv.delete({ prefix: ["forge-kvs"] });
  }

  /** A request as no SDK makes it. */
  async post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    const request = { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await this.backend.handle(`/api/v1/${path}`, request);
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend.close();
    await this.kv[Symbol.asyncDispose]();
  }
}

export type ForgeSdk = typeof kvs;

/** The SDK itself over a bucket, without the global: for two devices in one process. */
export const sdkOver = (kv: Kv, confirm?: CommitOptions["confirm"]): ForgeSdk => {
  const backend = createForgeKvs({ kv, entities, ...(confirm === undefined ? {} : { confirm }) });
  return new KvsImpl(new StorageApi((path: string, request: ForgeRequest) => backend.handle(path, request)));
};

/** What a refused call's error says, and its status. */
export const refusal = (status: number, code: string, message?: string | RegExp): object => ({
  name: "ForgeKvsError",
  code,
  responseDetails: { status },
  ...(message === undefined ? {} : { message }),
});
