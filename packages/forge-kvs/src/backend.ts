/**
 * What all routes work on: the bucket, the entities, and what they remember between calls.
 */
import type { AtomicOperation, CommitOptions, Key, Kv, KvEntryMaybe, Secrets } from "rockpool";
import type { EntitySchema } from "./entity-schema.ts";
import type { KeyedQueue } from "./keyed-queue.ts";
import { nameOfKey } from "./key-layout.ts";
import { checkIndexKeys, entitySpace, mustGetSchema, plainSpace, type Space } from "./space.ts";
import type { StaleEntries } from "./stale-entries.ts";
import type { StoredRecord } from "./stored-record.ts";

/** Where secrets are kept: a bucket's `secrets`, or what does as they do. */
export type SecretPlace = Pick<Secrets, "get" | "set" | "delete">;

export interface Backend {
  readonly kv: Kv;
  readonly secrets: SecretPlace;
  readonly schemas: ReadonlyMap<string, EntitySchema>;
  /** For commits with a condition. */
  readonly confirm: CommitOptions["confirm"];
  readonly queue: KeyedQueue;
  readonly stale: StaleEntries;
}

/** Attempts of what must be committed as it was read, while others write too. */
export const attemptsMax = 20;

/** The records of the entity that a request names; plain ones where it names none. @throws Refusal */
export const spaceOf = ({ schemas }: Backend, entityName: unknown): Space =>
  entityName === undefined ? plainSpace : entitySpace(mustGetSchema(schemas, entityName));

export const conditional = ({ confirm }: Backend): CommitOptions =>
  confirm === undefined ? {} : { confirm };

/** A change of one record: what it was, and what it is to be. */
export interface Change {
  readonly space: Space;
  readonly key: string;
  readonly before: KvEntryMaybe<StoredRecord>;
  /** Null: it is deleted. */
  readonly after: StoredRecord | null;
  readonly ttlMs: number | undefined;
}

/**
 * Adds a record's change with that of its index entries. All entries of the new value are written, also
 * those that stand already: of two devices that write one entity blindly, the one whose record wins then
 * wins for each of them too, so what stands is never missing from an index. What the loser put there
 * stays behind it, and is known by its record (see verify-entries.ts).
 * @throws Refusal where a key is longer than the store takes
 */
export const addChange = (
  { stale }: Backend,
  atomic: AtomicOperation,
  { space, key, before, after, ttlMs }: Change,
): void => {
  const place = space.place(key);
  const life = ttlMs === undefined ? {} : { expireIn: ttlMs };
  const kept = after === null ? [] : space.indexKeys(key, after.value);
  checkIndexKeys(kept);
  const names = new Set(kept.map(nameOfKey));
  const old = before.value === null ? [] : space.indexKeys(key, before.value.value);
  if (after === null) atomic.delete(place);
  else atomic.set(place, after, life);
  for (const entry of withoutDoubles([...old, ...stale.take(place)])) {
    if (!names.has(nameOfKey(entry))) atomic.delete(entry);
  }
  for (const entry of kept) atomic.set(entry, true, life);
};

const withoutDoubles = (keys: readonly Key[]): Iterable<Key> =>
  new Map(keys.map((key) => [nameOfKey(key), key])).values();
