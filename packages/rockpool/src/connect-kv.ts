/**
 * Connecting to a host that is there already: what `openKv` does once it has started one. For those
 * who start hosts of their own, with a log, a clock or locks of their own: tests and the simulator.
 */
import type { HostApi, HostEvent, HostOpenOptions } from "@rockpool/host";
import type { KvError } from "@rockpool/model";
import { proxy } from "comlink";
import type { BucketEngine } from "./bucket-place.ts";
import { platformClock, type TabClock } from "./clock.ts";
import { HostConnection, unwrap } from "./host-connection.ts";
import type { Kv } from "./kv.ts";
import type { SecretsOptions } from "./secrets/lazy-secrets.ts";
import type { OnConflict } from "./sync.ts";
import { KvClient } from "./kv-client.ts";
import { isPageHidden, onGoing, onHidden, onSeenAgain } from "./page-signals.ts";

export interface ConnectOptions {
  /** Rejects when the host cannot be had. Default: it can. */
  readonly failure?: Promise<never>;
  /** Frees what the host ran in, once it has let go of everything. */
  readonly release?: () => void;
  /** Where the host holds its own lock. Default: the platform's. */
  readonly locks?: Pick<LockManager, "request">;
  /** What keeps the bucket. Default: memory. */
  readonly engine?: BucketEngine;
  /** Why it is in memory, where it was to be kept. Default: it was not. */
  readonly fallback?: KvError | null;
  /** Where the host runs. Default: on this thread. */
  readonly placement?: "worker" | "main";
  /** As in `openKv`. */
  readonly secrets?: SecretsOptions;
  /** As in `openKv`. */
  readonly token?: () => Promise<string>;
  /** As in `openKv`. */
  readonly confirm?: "relay" | "local";
  /** As in `openKv`; `open.resolvesConflicts` says that there is one. */
  readonly onConflict?: OnConflict;
  /** For leases and pauses; it must be the host's. Default: the platform's. */
  readonly clock?: TabClock;
}

/** Opens the bucket in its host. @throws KvError as the host does */
export const connectKv = async (
  open: HostOpenOptions,
  api: HostApi,
  options: ConnectOptions = {},
): Promise<Kv> => {
  const { failure, release = () => {}, locks = navigator.locks } = options;
  const connection = new HostConnection(api, open.bucket);
  const listening = new AbortController();
  const { engine = "memory", placement = "main", secrets, clock = platformClock, fallback = null } = options;
  const { confirm = "local", onConflict, token } = options;
  const place = { open, engine, fallback, placement, secrets, clock, confirm, onConflict, token };
  const kv = new KvClient(place, connection, () => {
    listening.abort();
    release();
  });
  const onEvents = (events: readonly HostEvent[]): void => kv.onEvents(events);
  const hidden = isPageHidden();
  const opening = api.open({ ...open, hidden, givesTokens: token !== undefined }, proxy(onEvents));
  const { lock } = unwrap(await (failure === undefined ? opening : Promise.race([opening, failure])));
  connection.watch(lock, locks);
  // A transaction that its page leaves behind can wedge the database on WebKit: none is begun any more.
  onGoing(listening.signal, () => {
    connection.call("rest", {}).catch(() => listening.abort());
  });
  onHidden(listening.signal, () => {
    connection.call("hide", {}).catch(() => listening.abort());
  });
  const wake = (): void => {
    // A host that is gone was reported to every call under way; there is nothing left to wake.
    connection.call("wake", { visible: !isPageHidden() }).catch(() => listening.abort());
  };
  onSeenAgain(listening.signal, wake);
  // It may have been hidden or shown while it was opened.
  if (isPageHidden() !== hidden) wake();
  return kv;
};
