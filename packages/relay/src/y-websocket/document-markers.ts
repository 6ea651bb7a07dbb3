/**
 * The markers of one key's documents: whether what a client holds may be another document than the one that
 * stands there now, and when a client's marker is due.
 */
import type { PackedKey, Revision } from "@rockpool/model";
import type { EpochStart } from "../epoch-history.ts";
import {
  isOfSameKey,
  markerOf,
  markerUpdate,
  minuteMs,
  minuteOf,
  type ClockByClient,
} from "./incarnation-marker.ts";
import { markersOf } from "./known-document.ts";

export interface MarkersOptions {
  readonly bucket: string;
  readonly key: PackedKey;
  readonly epochs: readonly EpochStart[];
  /** How long deletions are kept, in ms. */
  readonly retentionMs: number;
  readonly now: () => number;
}

/** A marker is renewed when it is older than this share of how long deletions are kept. */
const renewedShare = 8;

export class DocumentMarkers {
  readonly #options: MarkersOptions;

  constructor(options: MarkersOptions) {
    this.#options = options;
  }

  /**
   * True for what holds a document of the key that was deleted, or that was so long ago given to its holder
   * that nobody knows any more whether it was.
   */
  areOfAnother(incarnation: Revision, clocks: ClockByClient): boolean {
    const { retentionMs, now } = this.#options;
    const marker = this.#markerOf(incarnation);
    const minute = clocks.get(marker);
    if (minute !== undefined && now() > minute * minuteMs + Math.max(retentionMs, minuteMs)) return true;
    return [...markersOf(clocks).keys()].some((other) => other !== marker && isOfSameKey(other, marker));
  }

  /** The update that marks a client's document, or marks it anew; undefined when it is not due. */
  due(incarnation: Revision, clocks: ClockByClient): Uint8Array | undefined {
    const { retentionMs, now } = this.#options;
    const marker = this.#markerOf(incarnation);
    const isFresh = now() < (clocks.get(marker) ?? 0) * minuteMs + retentionMs / renewedShare;
    return isFresh ? undefined : markerUpdate(marker, minuteOf(now()));
  }

  #markerOf(revision: Revision): number {
    const { bucket, key, epochs } = this.#options;
    // Revisions are counted again from a backup that was put back: the epoch tells them apart.
    const start = epochs.findLast(({ firstRevision }) => firstRevision <= revision);
    return markerOf({ bucket, key, epoch: start?.epoch ?? "", revision });
  }
}
