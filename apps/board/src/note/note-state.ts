/**
 * How far the text of a note got, in plain words.
 */
import type { SyncState } from "rockpool";

export interface NoteState {
  readonly name: "failed" | "saving" | "saved" | "sending" | "synced";
  readonly words: string;
}

/** What a document says of itself. */
export interface NoteProgress {
  /** All that was typed is on this device's disk. */
  readonly saved: boolean;
  /** The relay has it, and all that the relay has is here. */
  readonly synced: boolean;
  /** What the last save failed with. */
  readonly error: unknown;
}

export const noteState = ({ saved, synced, error }: NoteProgress, sync: SyncState): NoteState => {
  if (!saved && error !== undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: "failed", words: `Not saved yet. ${reason}` };
  }
  if (!saved) return { name: "saving", words: "Saving…" };
  if (sync === "off") return { name: "saved", words: "Saved on this device." };
  if (synced) return { name: "synced", words: "Saved, and shared with everyone." };
  if (sync === "connecting" || sync === "syncing" || sync === "synced") {
    return { name: "sending", words: "Saved on this device, on its way to the others." };
  }
  return { name: "saved", words: "Saved on this device. The others get it when you are connected again." };
};
