/**
 * A checkpoint in one transaction: all of it or, when another was made since its base, nothing.
 * That is read in the same transaction, so of two hosts that began from one base one wins.
 */
import { mustKnowFormat } from "@rockpool/log";
import type { Checkpoint, PlacedRow } from "@rockpool/log";
import { readMeta } from "./read.ts";
import { metaKey } from "./schema.ts";
import { commit, ignoreRejection, rollback } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

/** @throws KvError "newer-format" */
export const writeCheckpoint = async (
  transaction: LogTransaction<"readwrite">,
  { base, meta, putPages, deletePages, putPending, deletePending }: Checkpoint,
): Promise<Verdict<boolean>> => {
  const current = await readMeta(transaction);
  mustKnowFormat(current);
  if ((current?.checkpoint ?? 0) !== base) return rollback(false);
  const log = transaction.objectStore("log");
  const pages = transaction.objectStore("pages");
  const pending = transaction.objectStore("pending");
  for (const { generation, first } of deletePages) ignoreRejection(pages.delete([generation, first]));
  for (const page of putPages) ignoreRejection(pages.put(page));
  for (const position of deletePending) ignoreRejection(pending.delete(position));
  for (const record of putPending) ignoreRejection(pending.put(record));
  ignoreRejection(transaction.objectStore("meta").put(meta, metaKey));
  ignoreRejection(log.delete(IDBKeyRange.upperBound(meta.checkpoint)));
  ignoreRejection(log.add({ type: "checkpoint" } as PlacedRow));
  return commit(true);
};
