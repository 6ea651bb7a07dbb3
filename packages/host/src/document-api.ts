/**
 * What a tab says and hears of documents besides their feeds: who is present at them.
 */
import type { PackedKey } from "@rockpool/model";

/** From now on this tab hears who is present at these documents, and at no others; it is told who is there. */
export interface Attendance {
  readonly keys: readonly PackedKey[];
}

/**
 * Tells the other tabs and, by the relay, other devices who is present at a document that this tab attends.
 * Kept nowhere, lost without harm; the last one of a source counts.
 */
export interface OwnPresence {
  readonly key: PackedKey;
  /** Tells several of one tab apart. */
  readonly source: number;
  /** All that there is to say of this source. At most `awareBytesMax`. */
  readonly update: Uint8Array;
  /** What is to be said once the tab is gone; absent: `update` is the last word of this source. */
  readonly end?: Uint8Array;
}

export type PresenceEvent =
  /** Who is present at a document that this tab attends: of another tab, or by the relay (`isRemote`). */
  | {
      readonly type: "aware";
      readonly key: PackedKey;
      readonly update: Uint8Array;
      readonly isRemote: boolean;
    }
  /**
   * - `asked`: this tab may have been taken for gone: it says anew, as something newer, who is present here.
   * - `unheard`: the relay is heard no more, and who was present by it (`isRemote`) may not be.
   */
  | { readonly type: "presence"; readonly news: "asked" | "unheard" };
