/**
 * What may help after a save failed. Edits stay in hand whatever it was; only how they get another try differs.
 */
import { KvError, type KvErrorCode } from "@rockpool/model";

/**
 * - `time`: another try, later.
 * - `news`: the document's feed says what became of it, and with it whether there is anything left to save.
 * - `edit`: it will not do as it is; the next edit may change that.
 * - `nothing`: this bucket takes no more writes of this tab.
 */
export type Help = "time" | "news" | "edit" | "nothing";

const final: ReadonlySet<KvErrorCode> = new Set<KvErrorCode>([
  "closed",
  "destroyed",
  "evicted",
  "newer-format",
  "readonly",
]);

export const helpFor = (error: unknown): Help => {
  if (!(error instanceof KvError)) return "edit";
  if (error.code === "replaced") return "news";
  return final.has(error.code) ? "nothing" : "time";
};

/** Ms before the next try, after so many failures in a row: 1 s, doubled each time, 30 s at most. */
export const retryDelayMs = (failures: number): number => Math.min(1000 * 2 ** (failures - 1), 30_000);

/** What edits of a document that is gone come to. */
export const replacedError = (): KvError =>
  new KvError(
    "replaced",
    "the document was deleted or replaced before these edits were saved; they stand in the old Y.Doc, which the event 'replaced' gives",
  );
