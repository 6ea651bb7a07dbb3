/**
 * The IndexedDB database of a bucket: its stores and their keys. Its version is 1 for ever, since a
 * frozen tab can block an upgrade without end and without an event; what changes is `Meta.format`.
 * Written to disk: never change a name or a key path.
 */
import type { Meta, Page, PendingRecord, Version } from "@rockpool/log";
import type { PackedKey, Position, Versionstamp } from "@rockpool/model";
import type { DBSchema } from "idb";
import type { StoredRow } from "./row-chain.ts";

/** Never raised. */
export const databaseVersion = 1;

/** The key of the `Meta` in the store "meta". */
export const metaKey = "meta";
/** The key in the store "meta" of a random text drawn when the database was created. */
export const identityKey = "identity";

/** The key in the store "meta" of bytes that say nothing: a piece of the room put aside for when the disk is full. */
export const reserveKey = (index: number): string => `reserve-${String(index).padStart(4, "0")}`;

export interface LogSchema extends DBSchema {
  log: { key: Position; value: StoredRow };
  pages: {
    key: [generation: number, first: PackedKey];
    value: Page;
    indexes: { latest: [generation: number, latest: Versionstamp]; earliestExpiry: [number, number] };
  };
  /** Older versions of keys. */
  values: { key: [generation: number, key: PackedKey, versionstamp: Versionstamp]; value: Version };
  pending: { key: Position; value: PendingRecord };
  meta: { key: string; value: Meta | string | Uint8Array<ArrayBuffer> };
}

export type StoreName = "log" | "pages" | "values" | "pending" | "meta";

/** Makes the stores, inside the upgrade from nothing. */
export const createStores = (database: IDBDatabase, identity: string): void => {
  database.createObjectStore("log", { keyPath: "position", autoIncrement: true });
  const pages = database.createObjectStore("pages", { keyPath: ["generation", "first"] });
  pages.createIndex("latest", ["generation", "latest"]);
  pages.createIndex("earliestExpiry", ["generation", "earliestExpiry"]);
  database.createObjectStore("values", { keyPath: ["generation", "key", "versionstamp"] });
  database.createObjectStore("pending", { keyPath: "position" });
  database.createObjectStore("meta").put(identity, identityKey);
};
