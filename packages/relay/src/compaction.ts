/**
 * When a document is compacted, and into what: decisions alone, the same in every engine. All its updates as
 * they were read become one, the base; what was merged meanwhile stays behind it. Nothing is replaced unless
 * it is still there, in that document, as it was read.
 */
import { assert, KvError } from "@rockpool/model";
import type { DocumentRules } from "./document-rules.ts";
import type { DocumentState, DocumentUpdate } from "./document-state.ts";
import { keyText } from "./key-text.ts";
import type { RelayEntry } from "./relay-entry.ts";

/** A document whose updates have piled up, as it was read. */
export interface CompactionTask {
  readonly entry: RelayEntry;
  readonly updates: readonly DocumentUpdate[];
}

/** The row that takes the place of what was read. */
export interface DocumentBase extends DocumentUpdate {
  readonly subdocuments: number;
}

/** So few updates are not worth the work, unless an engine is told otherwise. */
export const compactionRowsMin = 200;
/** So many are, however large the base is: whoever reads the document reads each of them. */
const rowsMax = 4000;

/** True when there are many updates, and reading them costs more than what they say. */
export const isCompactionDue = (
  { rows, bytes, baseBytes }: DocumentState,
  rowsMin: number = compactionRowsMin,
): boolean => rows > rowsMin && (bytes > 2 * baseBytes || rows > rowsMax);

/** All updates in one, at the revision of the last of them. @throws for a document that cannot be read whole (rejects) */
export const createBase = async (
  { entry, updates }: CompactionTask,
  rules: DocumentRules,
): Promise<DocumentBase> => {
  const last = updates.at(-1);
  const isWhole = updates.length === entry.document?.rows;
  if (last === undefined || !isWhole) {
    throw new KvError(
      "damaged",
      `${updates.length} updates of ${keyText(entry.key)} can be read, and not all`,
    );
  }
  const compacted = await rules.compact(updates.map((each) => each.update));
  return { key: last.key, revision: last.revision, place: 0, isBase: true, ...compacted };
};

/** True when all that was read is still what the document begins with. */
export const isUnchanged = (
  { entry, updates }: CompactionTask,
  entryNow: RelayEntry | undefined,
  updatesNow: readonly Pick<DocumentUpdate, "revision" | "place">[],
): boolean =>
  entryNow?.document !== undefined &&
  entryNow.document.incarnation === entry.document?.incarnation &&
  updates.every(
    ({ revision, place }, index) =>
      updatesNow[index]?.revision === revision && updatesNow[index].place === place,
  );

/** The document with the base in the place of what was read: the same, in fewer bytes and rows. */
export const compactedEntry = (
  entryNow: RelayEntry,
  { entry, updates }: CompactionTask,
  base: DocumentBase,
): RelayEntry => {
  const { document } = entryNow;
  assert(document !== undefined, "the entry is of a document");
  const replaced = updates.reduce((bytes, { update }) => bytes + update.length, 0);
  const { length: baseBytes } = base.update;
  const bytes = document.bytes - replaced + baseBytes;
  const rows = document.rows - updates.length + 1;
  const subdocuments = document.subdocuments - (entry.document?.subdocuments ?? 0) + base.subdocuments;
  return { ...entryNow, document: { ...document, bytes, rows, baseBytes, subdocuments } };
};
