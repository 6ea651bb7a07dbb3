/**
 * A document as an app that follows it has it: what it was given whole, and by what it grew since.
 */
import type { FeedItem } from "@rockpool/host";
import { updateLog, updatesOf } from "@rockpool/model";
import { textOfDocument } from "./document-state.ts";

export type DocumentItem = Extract<FeedItem, { readonly type: "document" }>;

export class FollowedDocument {
  #updates: readonly Uint8Array[] = [];
  /** Whether a document stands there, or nothing; undefined before the first item, and where it is another value. */
  #isThere: boolean | undefined;

  /** Its text, or none where nothing is. Undefined where the feed does not say. */
  get text(): { readonly text: string | undefined } | undefined {
    if (this.#isThere === undefined) return undefined;
    return { text: this.#isThere ? textOfDocument({ data: updateLog(this.#updates) }) : undefined };
  }

  take(item: DocumentItem): void {
    if (item.whole) {
      this.#isThere = item.stands === "other" ? undefined : item.stands === "document";
      this.#updates = [...updatesOf(item.confirmed), ...updatesOf(item.pending)];
    } else if (item.updates.length > 0) {
      this.#isThere = true;
      this.#updates = [...this.#updates, ...updatesOf(item.updates)];
    }
  }
}
