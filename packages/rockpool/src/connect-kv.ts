/**
 * Connecting to a host that is there already: what `openKv` does once it has started one. For those
 * who start hosts of their own, with a log, a clock or locks of their own: tests and the simulator.
 */
import type { HostApi, HostEvent, HostOpenOptions } from "@rockpool/host";
import { proxy } from "comlink";
import { HostConnection, unwrap } from "./host-connection.ts";
import type { Kv } from "./kv.ts";
import { KvClient } from "./kv-client.ts";
import { onSeenAgain } from "./page-signals.ts";

export interface ConnectOptions {
  /** Rejects when the host cannot be had. Default: it can. */
  readonly failure?: Promise<never>;
  /** Frees what the host ran in, once it has let go of everything. */
  readonly release?: () => void;
  /** Where the host holds its own lock. Default: the platform's. */
  readonly locks?: Pick<LockManager, "request">;
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
  const kv = new KvClient(open.bucket, connection, () => {
    listening.abort();
    release();
  });
  const onEvents = (events: readonly HostEvent[]): void => kv.onEvents(events);
  const opening = api.open(open, proxy(onEvents));
  const { lock } = unwrap(await (failure === undefined ? opening : Promise.race([opening, failure])));
  connection.watch(lock, locks);
  onSeenAgain(listening.signal, () => {
    // A host that is gone was reported to every call under way; there is nothing left to wake.
    connection.call("wake", {}).catch(() => listening.abort());
  });
  return kv;
};
