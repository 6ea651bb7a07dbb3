/**
 * A checkpoint in one transaction: all of it or, when another was made since its base, nothing.
 * That is read in the same transaction, so of two hosts that began from one base one wins.
 */
import { mustKnowFormat } from "@rockpool/log";
import type { Checkpoint } from "@rockpool/log";
import { assert } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import { after, readMeta, versionsOf } from "./read.ts";
import { countsAfter } from "./row-chain.ts";
import type { StoredRow } from "./row-chain.ts";
import { metaKey } from "./schema.ts";
import { commit, ignoreRejection, rollback } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

/** @throws KvError "newer-format" */
export const writeCheckpoint = async (
  transaction: LogTransaction<"readwrite">,
  { base, meta, putPages, deletePages, putPending, deletePending, putVersions, trimVersions }: Checkpoint,
): Promise<Verdict<boolean>> => {
  const current = await readMeta(transaction);
  mustKnowFormat(current);
  if ((current?.checkpoint ?? 0) !== base) return rollback(false);
  const log = transaction.objectStore("log");
  if (meta.checkpoint !== base) {
    const isRow = (await log.getKey(meta.checkpoint)) !== undefined;
    assert(isRow, `the checkpoint ${meta.checkpoint} is neither a row nor the base ${base}`);
    await deleteVoidRows(transaction, meta.checkpoint);
  }
  const pages = transaction.objectStore("pages");
  const pending = transaction.objectStore("pending");
  for (const { generation, first } of deletePages) ignoreRejection(pages.delete([generation, first]));
  for (const page of putPages) ignoreRejection(pages.put(page));
  for (const position of deletePending) ignoreRejection(pending.delete(position));
  for (const record of putPending) ignoreRejection(pending.put(record));
  const values = transaction.objectStore("values");
  for (const version of putVersions) ignoreRejection(values.put(version));
  await trim(transaction, trimVersions);
  ignoreRejection(transaction.objectStore("meta").put(meta, metaKey));
  ignoreRejection(log.delete(IDBKeyRange.upperBound(meta.checkpoint)));
  ignoreRejection(log.add({ row: { type: "checkpoint" } } as StoredRow));
  return commit(true);
};

/** Deletes the oldest versions of keys that have more than they may keep. */
const trim = async (
  transaction: LogTransaction<"readwrite">,
  trims: Checkpoint["trimVersions"],
): Promise<void> => {
  if (trims.length === 0) return;
  const values = transaction.objectStore("values");
  const reading = trims.map((its) => {
    const keys = values.getAllKeys(versionsOf(its));
    // When the transaction ends here the next one throws, and nobody awaits this one any more.
    ignoreRejection(keys);
    return keys;
  });
  const stored = await Promise.all(reading);
  for (const [index, keys] of stored.entries()) {
    const { keep } = trims[index] as Checkpoint["trimVersions"][number];
    for (const key of keys.slice(0, Math.max(0, keys.length - keep))) ignoreRejection(values.delete(key));
  }
};

/** Deletes the void rows that would be the first ones after `checkpoint`, so that the first row counts. */
const deleteVoidRows = async (
  transaction: LogTransaction<"readwrite">,
  checkpoint: Position,
): Promise<void> => {
  const log = transaction.objectStore("log");
  for (;;) {
    const [row] = await log.getAll(after(checkpoint), 1);
    if (row === undefined || countsAfter(row, checkpoint)) return;
    ignoreRejection(log.delete(row.position));
  }
};
