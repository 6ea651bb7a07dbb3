/** A backend for Forge's key-value store, over a Rockpool bucket. */
export type { SecretPlace } from "./backend.ts";
export type { BatchAnswer, BatchFailure, BatchItem } from "./batch.ts";
export type { AttributeType, EntityDeclaration, IndexDeclaration } from "./entity-schema.ts";
export { createForgeKvs, type ForgeKvs, type ForgeKvsOptions, type ForgeRequest } from "./forge-kvs.ts";
export { type ForgeFetch, type ForgeTarget, installForgeKvs } from "./install.ts";
export type { QueryAnswer } from "./plain-query.ts";
export type { MetadataField, RecordAnswer } from "./stored-record.ts";
