/**
 * What most pages call seldom or never: updates, locks, secrets, status, destruction. Loaded at the
 * first such call, so that `openKv` stays small.
 */
import type { TransportConflictGroup } from "@rockpool/host";
import { type Key, unpackError } from "@rockpool/model";
import { destroyDatabase } from "./buckets.ts";
import type { HostConnection } from "./host-connection.ts";
import type { KvEntryMaybe } from "./entry.ts";
import type { Kv, UpdateOptions, UpdateResult } from "./kv.ts";
import type { Lease, LockOptions } from "./lease.ts";
import type { Secrets } from "./secrets/lazy-secrets.ts";
import type { KvStatus } from "./status.ts";
import { lock } from "./lock.ts";
import { readonlyError } from "./readonly-error.ts";
import { resolveConflicts } from "./resolve-conflicts.ts";
import { openSecrets } from "./secrets/secrets.ts";
import { storageReport } from "./storage.ts";
import { signOut } from "./sign-out.ts";
import type { SignOutOptions, SignOutResult } from "./sync.ts";
import { update } from "./update.ts";
import type { BucketPlace } from "./bucket-place.ts";

/** How old a deletion is that `purgeDeletes` takes, in ms, if nothing is said. Source: NATS KV. */
const purgeDeletesMs = 30 * 60 * 1000;

/** Whoever wanted secrets was told why there are none. */
const ignoreAsTold = (): void => {};

export class SeldomCalls {
  readonly #kv: Kv;
  readonly #connection: HostConnection;
  readonly #place: BucketPlace;
  #secrets: Promise<Secrets & { close(): void }> | undefined;

  constructor(kv: Kv, connection: HostConnection, place: BucketPlace) {
    this.#kv = kv;
    this.#connection = connection;
    this.#place = place;
  }

  update<T>(
    key: Key,
    change: (entry: KvEntryMaybe<T>) => unknown,
    options: UpdateOptions,
  ): Promise<UpdateResult<T>> {
    return update(this.#kv, this.#place.clock, key, change, options);
  }

  lock<T>(key: Key, options: LockOptions, work: (lease: Lease) => T | Promise<T>): Promise<T> {
    return lock(this.#kv, this.#place.clock, key, options, work);
  }

  /** @throws KvError "closed" | "unavailable" */
  async mustGetSecrets(): Promise<Secrets> {
    this.#connection.assertOpen();
    const { open, engine, secrets: options } = this.#place;
    this.#secrets ??= openSecrets({ kv: this.#kv, database: open.database, engine, options });
    return this.#secrets;
  }

  async status(): Promise<KvStatus> {
    const { open, engine, fallback, placement } = this.#place;
    const [{ settings, trouble, ...status }, storage] = await Promise.all([
      this.#connection.call("status", {}),
      engine === "sqlite"
        ? import("#folder").then(({ fileReport }) => fileReport(open.database))
        : storageReport(),
    ]);
    return {
      bucket: open.bucket,
      engine,
      fallback,
      placement,
      durability: open.durability,
      readonly: open.readonly === true,
      relay: open.relay ?? null,
      ...status,
      history: settings.history,
      expireIn: settings.expireInMs,
      error: trouble === null ? null : unpackError(trouble),
      ...storage,
    };
  }

  async purgeDeletes({ olderThanMs = purgeDeletesMs }: { readonly olderThanMs?: number }): Promise<number> {
    if (!(olderThanMs >= 0)) {
      throw new TypeError(`olderThanMs must be a number of at least 0: received ${String(olderThanMs)}`);
    }
    return this.#connection.call("forgetDeletions", { olderThanMs });
  }

  signOut(options: SignOutOptions): Promise<SignOutResult> {
    return signOut(this.#kv, this.#connection, this.#place.open, options);
  }

  async destroy(): Promise<void> {
    if (this.#place.open.readonly === true) throw readonlyError();
    await this.#kv[Symbol.asyncDispose]();
    const { engine, open } = this.#place;
    if (engine === "sqlite") await (await import("#folder")).destroyFile(open.database);
    else await destroyDatabase(open.database);
  }

  /** Has the app decide on conflicts. */
  async resolveConflicts(round: number, groups: readonly TransportConflictGroup[]): Promise<void> {
    const { onConflict } = this.#place;
    if (onConflict === undefined) return;
    await this.#connection.call("resolve", { round, resolutions: resolveConflicts(groups, onConflict) });
  }

  close(): void {
    this.#secrets?.then((secrets) => secrets.close(), ignoreAsTold);
  }
}
