/**
 * What the packages beside this one reach of an open bucket, and apps do not.
 */
import type { PresenceEvent } from "@rockpool/host";
import type { TabClock } from "./clock.ts";
import type { FeedClient } from "./feeds/feed-client.ts";
import type { HostConnection } from "./host-connection.ts";

export interface KvInternals {
  readonly connection: HostConnection;
  readonly feeds: FeedClient;
  readonly clock: TabClock;
  /** Hears who is present at the documents that are attended. */
  onPresence: ((event: PresenceEvent) => void) | null;
  /** Each commits edits that wait in this tab, which nobody but their document knows of. */
  readonly saves: Set<() => Promise<void>>;
}

export const internalsByKv: WeakMap<object, KvInternals> = new WeakMap();

export const createInternals = (its: Pick<KvInternals, "connection" | "feeds" | "clock">): KvInternals => ({
  ...its,
  onPresence: null,
  saves: new Set(),
});
