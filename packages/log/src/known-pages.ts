/**
 * What a host that has started once need not read again: the addresses of the pages. In a bucket of
 * a million entries they are what a start, and so each checkpoint, would take most of its time for.
 */
import type { Position } from "@rockpool/model";
import type { Checkpoint, KnownPages } from "./log.ts";
import { comparePageKeys, type Meta, pageAddress, type PageKey } from "./page.ts";
import type { PlacedRow } from "./row.ts";

/** The addresses of `known`, if they are still those of the pages in force. */
export const stillKnown = (
  known: KnownPages | undefined,
  meta: Meta | undefined,
  rows: readonly PlacedRow[],
): readonly PageKey[] | undefined => {
  const checkpoint: Position = meta?.checkpoint ?? 0;
  const stands = known?.checkpoint === checkpoint && rows.every(({ type }) => type !== "fill");
  return stands ? known.pageKeys : undefined;
};

/** What is known when a checkpoint that began from `before` was written. */
export const pagesAfter = (
  before: readonly PageKey[],
  { meta, putPages, deletePages }: Checkpoint,
): KnownPages => {
  const byAddress = new Map(before.map((key) => [pageAddress(key), key]));
  for (const key of deletePages) byAddress.delete(pageAddress(key));
  for (const { generation, first } of putPages) {
    byAddress.set(pageAddress({ generation, first }), { generation, first });
  }
  return { checkpoint: meta.checkpoint, pageKeys: [...byAddress.values()].toSorted(comparePageKeys) };
};
