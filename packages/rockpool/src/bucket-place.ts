/**
 * Where an open bucket is kept, and with what it was opened, as far as its page has a use for it.
 */
import type { HostOpenOptions } from "@rockpool/host";
import type { KvError } from "@rockpool/model";
import type { TabClock } from "./clock.ts";
import type { SecretsOptions } from "./secrets/lazy-secrets.ts";
import type { OnConflict } from "./sync.ts";

/** What keeps a bucket: the browser, this process, or a file in a folder of Node's. */
export type BucketEngine = "indexeddb" | "memory" | "sqlite";

export interface BucketPlace {
  readonly open: HostOpenOptions;
  readonly engine: BucketEngine;
  readonly fallback: KvError | null;
  readonly placement: "worker" | "main";
  readonly secrets: SecretsOptions | undefined;
  readonly clock: TabClock;
  readonly token: (() => Promise<string>) | undefined;
  /** What a commit that says nothing waits for. */
  readonly confirm: "relay" | "local";
  readonly onConflict: OnConflict | undefined;
}
