/**
 * For tests: the records of older versions, as a log keeps them, and what is in a version.
 */
import type { Checkpoint, Page, PageKey, Version } from "@rockpool/log";
import type { EntryView } from "./view.ts";

/** What a checkpoint leaves of older versions. */
export const versionsAfter = (
  before: readonly Version[],
  { putVersions, trimVersions }: Pick<Checkpoint, "putVersions" | "trimVersions">,
): readonly Version[] => {
  const versions = [...before, ...putVersions].toSorted((a, b) => (a.versionstamp < b.versionstamp ? -1 : 1));
  const dropped = trimVersions.flatMap(({ generation, key: of, keep }) => {
    const its = versions.filter((version) => version.generation === generation && version.key === of);
    return its.slice(0, Math.max(0, its.length - keep));
  });
  return versions.filter((version) => !dropped.includes(version));
};

/** A value as data: JSON decoded, a u64 as its number; undefined for none. */
export const dataOf = ({ value }: Pick<EntryView, "value">): unknown => {
  if (value === undefined) return undefined;
  return value.encoding === "json" ? JSON.parse(value.data) : value.data;
};

/** The addresses of pages. */
export const keysOf = (pages: readonly Page[]): readonly PageKey[] =>
  pages.map(({ generation, first }) => ({ generation, first }));

/** A page's address as a text in the order of generation and key. */
export const addressOf = ({ generation, first }: { generation: number; first: string }): string =>
  `${String(generation).padStart(8, "0")}/${first}`;
