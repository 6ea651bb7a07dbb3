/**
 * Fedify's `KvStore` over a Rockpool bucket: in memory, on disk, or shared by processes through a relay.
 */
export type { TtlLike } from "./ttl.ts";
export {
  type FedifyKey,
  type KvSource,
  RockpoolKvStore,
  type RockpoolKvStoreOptions,
  type StoredEntry,
} from "./rockpool-kv-store.ts";
