/**
 * What a document tells of itself.
 */
import { ObservableV2 } from "lib0/observable";
import type * as Y from "yjs";
import { callApp } from "./thrown-by-app.ts";
import type { ReplacedReason } from "./whole-document.ts";

/** Another `Y.Doc` took the place of one, since Yjs cannot take away what the bucket does not have. */
export interface ReplacedEvent {
  /** The one to show from now on. */
  readonly doc: Y.Doc;
  /** The one that is over. It still holds all that it held; what is edited in it is not saved. */
  readonly previous: Y.Doc;
  /**
   * - `deleted`: nothing stands any more.
   * - `overwritten`: another document stands, or a value that is none.
   * - `rejected`: edits were refused by the relay, or withdrawn.
   */
  readonly reason: ReplacedReason;
  /**
   * Own edits that were in no commit yet and build on what is gone, as an update on top of what was saved of
   * `previous`; null where there are none, and where they are carried over to `doc`.
   */
  readonly lost: Uint8Array | null;
}

/** For `on`, `once` and `off`. */
// A type, for an interface has no index signature, which ObservableV2 wants.
export type DocumentEvents = {
  /** What stands in the bucket is in `doc`. */
  loaded: () => void;
  /** `synced` is another now. */
  synced: (synced: boolean) => void;
  /** `saved` is another now. */
  saved: (saved: boolean) => void;
  replaced: (event: ReplacedEvent) => void;
  /** A save failed, what came cannot be read, or the bucket is closed. */
  error: (error: unknown) => void;
  destroy: () => void;
};

/** What listeners throw is uncaught. */
export class DocumentObservable extends ObservableV2<DocumentEvents> {
  override emit(...told: Parameters<ObservableV2<DocumentEvents>["emit"]>): void {
    callApp(() => super.emit(...told));
  }
}
