/**
 * Opening a database where Deno's `openKv` does: by a path, which here is a bucket's name; or over a
 * bucket that is open already, from whichever entry of `rockpool` it comes.
 */
import { type Kv as RockpoolKv, openKv as openBucket, type OpenOptions } from "rockpool";
import type { Kv } from "./kv.ts";
import { kvOver } from "./kv-over-bucket.ts";

/** A bucket, the promise of one, or what opens one. It stays open when the database over it is closed. */
export type KvSource = RockpoolKv | Promise<RockpoolKv> | (() => RockpoolKv | Promise<RockpoolKv>);

export interface QueueOptions {
  /**
   * How long a listener that does not answer for a message keeps it from others, in ms: an integer of at
   * least 100. A tab that is there renews it at each quarter; the message of a tab that died is delivered
   * again after it. Default 90,000, for a hidden page's timers may be a minute late.
   */
  readonly queueLeaseMs?: number;
}

/** `queueLeaseMs` beside all that a bucket can be opened with: a relay, `confirm`, durability … */
export interface OpenKvOptions extends OpenOptions, QueueOptions {}

const leaseMsDefault = 90_000;
const leaseMsMin = 100;

/**
 * Opens the database of a name, making it when it is new; without one that of the name "default".
 * ":memory:" opens one of the caller's own, gone when it is closed.
 * @throws TypeError for a name or option that cannot be; as `openKv` of `rockpool` does
 */
export function openKv(path?: string, options?: OpenKvOptions): Promise<Kv>;
export function openKv(bucket: KvSource, options?: QueueOptions): Promise<Kv>;
export async function openKv(source?: string | KvSource, options: OpenKvOptions = {}): Promise<Kv> {
  const { queueLeaseMs = leaseMsDefault, ...open } = options;
  if (!Number.isInteger(queueLeaseMs) || queueLeaseMs < leaseMsMin) {
    throw new TypeError(
      `queueLeaseMs must be an integer of at least ${leaseMsMin}, in ms: received ${String(queueLeaseMs)}`,
    );
  }
  if (typeof source === "object" || typeof source === "function") {
    const kv = await (typeof source === "function" ? source() : source);
    return kvOver(kv, { isOwned: false, queueLeaseMs });
  }
  if (source !== undefined) checkPath(source);
  return kvOver(await openBucket(source, open), { isOwned: true, queueLeaseMs });
}

/** @throws TypeError */
const checkPath = (path: string): void => {
  if (path === "") throw new TypeError("Filename cannot be empty");
  if (path.startsWith(":") && path !== ":memory:") {
    throw new TypeError("Filename cannot start with ':' unless prefixed with './'");
  }
  if (/^https?:/.test(path)) {
    throw new TypeError(
      `Could not open Deno KV database: ${path} would be a database of KV Connect, and this one is on the device. Open it by a name, and give the relay that syncs it as an option: openKv("shop", { relay: "wss://…" })`,
    );
  }
};
