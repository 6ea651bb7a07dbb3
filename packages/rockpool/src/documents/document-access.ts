/**
 * `rockpool/documents`: the bucket as the package for documents uses it. No part of the public API: it may
 * change with any version. A document is written by `kv.atomic().merge(…)`; `kv.sync` tells of its
 * rejections and of the session.
 */
import type { Compaction as PackedCompaction, DocumentGrowth, WholeDocument } from "@rockpool/host";
import { type Key, packKey, packKeyForWrite } from "@rockpool/model";
import type { TabClock } from "../clock.ts";
import type { Kv } from "../kv.ts";
import { internalsByKv } from "../kv-internals.ts";
import { type Presence, PresenceClient, type PresenceListener } from "./presence-client.ts";

export type { DocumentGrowth, Presence, PresenceListener, WholeDocument };

/**
 * What a document's feed gives. The first item is whole, and so is every one after which what was given
 * before may hold too much or too little; between them come updates, each to be applied to what was given.
 */
export type DocumentItem = WholeDocument | DocumentGrowth;

/** Which confirmed updates one is to take the place of: those of an item that was whole, or their beginning. */
export type Compaction = Omit<PackedCompaction, "key">;

export interface DocumentAccess {
  /** The bucket's, for whatever waits. */
  readonly clock: TabClock;
  /** Aborted once the bucket is closed or has ended; the reason is the KvError that says how. */
  readonly closed: AbortSignal;
  /**
   * What stands of a document, then what becomes of it. The next item is made when the reader wants one:
   * at most one waits in the stream, and what comes meanwhile is in the next. Ends when the bucket is
   * closed, errors when it ends, and with the signal's reason.
   * @throws TypeError for a key that cannot be; KvError "closed"
   */
  openFeed(key: Key, signal?: AbortSignal): ReadableStream<DocumentItem>;
  /**
   * Stores one update in the place of confirmed ones; nothing that a reader sees changes, and no feed tells
   * of it. False when they stand there no more, or not at the beginning, and in a bucket opened `readonly`.
   * @throws TypeError for a key that cannot be; KvError as a commit
   */
  compact(key: Key, compaction: Compaction): Promise<boolean>;
  /** Has `save` done before the user signs out, until aborted: what it rejects with, signing out does too. */
  beforeSignOut(save: () => Promise<void>, signal: AbortSignal): void;
  /**
   * Hears and says who is present at a document: among the tabs of this device, those of this bucket's
   * other handles in this tab, and by the relay. Several may be open for one key.
   * @throws TypeError for a key that cannot be, or for more than `attendedKeysMax` of them; KvError "closed"
   */
  openPresence(key: Key, listener: PresenceListener): Presence;
}

/** @throws TypeError for what is no bucket that `openKv` of this package opened */
export const documentAccess = (kv: Kv): DocumentAccess => {
  const internals = internalsByKv.get(kv);
  if (internals === undefined) {
    throw new TypeError("Invalid bucket: pass what openKv of this same copy of rockpool gave");
  }
  const { connection, feeds, clock, saves } = internals;
  return {
    clock,
    closed: connection.closed,
    openFeed: (key, signal) => {
      connection.assertOpen();
      return feeds.open({ type: "document", key: packKey(key) }, (item: DocumentItem) => item, signal);
    },
    compact: async (key, compaction) =>
      connection.call("compact", { key: packKeyForWrite(key), ...compaction }),
    beforeSignOut: (save, signal) => {
      saves.add(save);
      signal.addEventListener("abort", () => saves.delete(save), { once: true });
    },
    openPresence: (key, listener) => {
      connection.assertOpen();
      return PresenceClient.of(internals).open(packKeyForWrite(key), listener);
    },
  };
};
