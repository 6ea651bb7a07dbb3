/**
 * The writes of a checkpoint: all of it or, when another was made since its base, nothing.
 */
import { type Checkpoint, type Meta, mustKnowFormat, type Page } from "@rockpool/log";
import { assert, type Position } from "@rockpool/model";
import { columnsOf, keyToBlob, type Statements } from "./statements.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";

/** @throws KvError "newer-format" */
export const writeCheckpoint = (
  statements: Statements,
  { base, meta, putPages, deletePages, putPending, deletePending, putVersions, trimVersions }: Checkpoint,
): boolean => {
  const current = readMeta(statements);
  mustKnowFormat(current);
  if ((current?.checkpoint ?? 0) !== base) return false;
  const isRow = statements.hasRow.get(meta.checkpoint) !== undefined;
  assert(
    isRow || meta.checkpoint === base,
    `the checkpoint ${meta.checkpoint} is neither a row nor the base ${base}`,
  );
  for (const { generation, first } of deletePages) statements.dropPage.run(generation, keyToBlob(first));
  writePages(statements, putPages);
  for (const position of deletePending) statements.dropPending.run(position);
  for (const record of putPending) statements.putPending.run(record.position, encodeRecord(record));
  for (const version of putVersions) {
    const { generation, key, versionstamp } = version;
    statements.putVersion.run(generation, keyToBlob(key), versionstamp, encodeRecord(version));
  }
  for (const { generation, key, keep } of trimVersions) {
    statements.trimVersions.run(generation, keyToBlob(key), keep);
  }
  statements.putMeta.run(encodeRecord(meta));
  // Before the rows go: the last of them says where it stands.
  addRow(statements, { type: "checkpoint" }, lastPosition(statements) + 1);
  statements.dropRows.run(meta.checkpoint);
  return true;
};

export const writePages = ({ putPage }: Statements, pages: readonly Page[]): void => {
  for (const page of pages) {
    const { generation, first, latest, earliestExpiry = null } = page;
    putPage.run(generation, keyToBlob(first), latest, earliestExpiry, encodeRecord(page));
  }
};

export const addRow = ({ addRow }: Statements, row: unknown, position: Position): void => {
  addRow.run(position, encodeRecord(row));
};

/** 0 where there is no row. */
export const lastPosition = ({ lastPosition }: Statements): Position =>
  Number(columnsOf(lastPosition.get())[0] ?? 0);

export const readMeta = ({ getMeta }: Statements): Meta | undefined => {
  const found = getMeta.get();
  return found === undefined ? undefined : (decodeRecord(columnsOf(found)[0] as Uint8Array) as Meta);
};
