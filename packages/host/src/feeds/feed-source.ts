/**
 * What a feed is made of: a source of its items, what sources work with, and their limits.
 */
import type { Log } from "@rockpool/log";
import type { Position } from "@rockpool/model";
import type { RowEffect, ScanLimits } from "@rockpool/replica";
import type { FeedItem } from "./feed-api.ts";
import type { HostEvent } from "../host-api.ts";
import type { Ledger } from "../ledger.ts";

/** What makes the items of a feed. */
export interface FeedSource {
  /** True when `next` is worth a call. */
  readonly isDue: boolean;
  onRow(effect: RowEffect, position: Position): void;
  /** Rows were lost to a checkpoint: what changed must be read from the pages. */
  onGap(): void;
  /** Makes the next item; undefined when it came to none. One call at a time. */
  next(): Promise<FeedItem | undefined>;
}

export interface FeedsOptions {
  readonly log: Pick<Log, "pagesChangedSince">;
  readonly ledger: Pick<Ledger, "state" | "read" | "catchUp">;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  readonly emit: (event: HostEvent) => void;
  /** There is no relay, or a session with it, and all that it is known to have is shown here. */
  readonly isUpToDate: () => boolean;
  readonly limits: FeedLimits;
}

export interface FeedLimits {
  /** Of one part of what stands or of what is looked for again. */
  readonly part: ScanLimits;
  /** Keys that are gathered for a reader that does not ask: past them they are looked for again. */
  readonly keys: number;
  /** Bytes of gathered changes given in one item; more come in parts. */
  readonly bytes: number;
  /** Bytes of a document's growth that are kept for a reader that does not ask: past them it gets all of it again. */
  readonly documentBytes: number;
}

/** As many keys as one commit may change, and twice its bytes. */
export const feedLimits: FeedLimits = {
  part: { entries: 1000, bytes: 1024 * 1024, pages: 32 },
  keys: 10_000,
  bytes: 16 * 1024 * 1024,
  documentBytes: 1024 * 1024,
};
