/**
 * What a checkpoint does to pages: the entries that rows changed are merged into the pages that
 * hold their keys, deletions that need no longer be remembered leave, and what grew is split. What
 * was replaced moves into records of its own, as far as the bucket keeps older versions.
 */
import {
  assert,
  deletionMs,
  entryBytes,
  laterVersionstamp,
  type PackedKey,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import type { Checkpoint, Page, PageEntry, PageKey, StoredSize, Version } from "@rockpool/log";
import { lastOf, replacedVersions } from "./history.ts";
import type { Pages } from "./page-index.ts";
import { type PageLimits, splitEntries } from "./page-split.ts";
import type { ReplicaState } from "./state.ts";
import { confirmedOf, type EntryView } from "./view.ts";

/** What becomes of the pages in force, and of what is known of them. */
export interface RewrittenPages extends Pick<
  Checkpoint,
  "putPages" | "deletePages" | "putVersions" | "trimVersions"
> {
  readonly stored: StoredSize;
  readonly forgotten: Versionstamp;
}

/** Moves what memory holds into pages. Void when `pages` notes something lacking. */
export const rewritePages = (
  state: ReplicaState,
  pages: Pages,
  nowMs: number,
  limits: PageLimits,
): RewrittenPages => {
  const { index } = pages;
  assert(index.generation === state.generation, "a checkpoint needs the pages in force where it ends");
  const keysByPage = new Map<number, PackedKey[]>();
  for (const key of [...state.overlay.keys()].toSorted()) {
    const at = index.at(key);
    const keys = keysByPage.get(at);
    if (keys === undefined) keysByPage.set(at, [key]);
    else keys.push(key);
  }
  for (const at of keysByPage.keys()) pages.expect(at, at);
  const putPages: Page[] = [];
  const deletePages: PageKey[] = [];
  const versions = new VersionRecords(state, pages);
  let { stored, forgotten } = state;
  for (const [at, keys] of keysByPage) {
    const first = index.firsts[at] ?? ("" as PackedKey);
    const before = pages.page(at)?.entries ?? [];
    const merged = mergeEntries(state, pages, before, keys, nowMs);
    const entries = merged.filter((entry) => !isForgotten(entry, nowMs));
    for (const entry of merged) {
      if (!isForgotten(entry, nowMs)) continue;
      forgotten = laterVersionstamp(forgotten, entry.versionstamp);
      versions.drop(entry.key);
    }
    for (const key of keys) versions.move(key);
    stored = resized(stored, before, entries);
    // The page before it then covers its range; the first one has none before it.
    if (entries.length === 0 && first !== "") {
      deletePages.push({ generation: state.generation, first });
      continue;
    }
    for (const [place, part] of splitEntries(entries, limits).entries()) {
      putPages.push(createPage(state.generation, place === 0 ? first : (part[0] as PageEntry).key, part));
    }
  }
  const { putVersions, trimVersions } = versions;
  return { putPages, deletePages, putVersions, trimVersions, stored, forgotten };
};

/** The records of older versions that a checkpoint writes, and of which keys it keeps how many. */
class VersionRecords {
  readonly putVersions: Version[] = [];
  readonly trimVersions: Checkpoint["trimVersions"][number][] = [];
  readonly #state: ReplicaState;
  readonly #pages: Pages;
  readonly #dropped = new Set<PackedKey>();

  constructor(state: ReplicaState, pages: Pages) {
    this.#state = state;
    this.#pages = pages;
  }

  /** Nothing of the key is remembered any more. */
  drop(key: PackedKey): void {
    if (!this.#state.keptVersions) return;
    this.#dropped.add(key);
    this.trimVersions.push({ generation: this.#state.generation, key, keep: 0 });
  }

  /** Moves what came before the key's confirmed entry into records. */
  move(key: PackedKey): void {
    const { keptVersions, settings, generation, overlay } = this.#state;
    if (!keptVersions || this.#dropped.has(key)) return;
    const older = lastOf(replacedVersions(this.#state, this.#pages, key), settings.history - 1);
    for (const version of older) this.putVersions.push(toRecord(generation, key, version));
    // A key that no page holds has no records either.
    if (this.#pages.entry(key) === undefined) return;
    const keep = overlay.get(key)?.purged === true ? older.length : settings.history - 1;
    this.trimVersions.push({ generation, key, keep });
  }
}

const toRecord = (
  generation: number,
  key: PackedKey,
  { versionstamp, value, expireAt, revision }: EntryView,
): Version => ({
  generation,
  key,
  versionstamp,
  ...(value === undefined ? {} : { value }),
  ...(expireAt === undefined ? {} : { expireAt }),
  ...(revision === undefined ? {} : { revision }),
});

/** True for a deletion that need no longer be remembered. */
const isForgotten = ({ keptUntil }: PageEntry, nowMs: number): boolean =>
  keptUntil !== undefined && keptUntil <= nowMs;

/** What pages hold once the entries `before` have become those `after`. */
export const resized = (
  stored: StoredSize,
  before: readonly PageEntry[],
  after: readonly PageEntry[],
): StoredSize => {
  const [old, now] = [sizeOf(before), sizeOf(after)];
  return {
    entries: stored.entries + now.entries - old.entries,
    bytes: stored.bytes + now.bytes - old.bytes,
  };
};

/** What entries with a value amount to. */
const sizeOf = (entries: readonly PageEntry[]): StoredSize => {
  const present = entries.filter(({ value }) => value !== undefined);
  return { entries: present.length, bytes: present.reduce((sum, entry) => sum + entryBytes(entry), 0) };
};

const mergeEntries = (
  state: ReplicaState,
  pages: Pages,
  stored: readonly PageEntry[],
  keys: readonly PackedKey[],
  nowMs: number,
): readonly PageEntry[] => {
  const entryByKey = new Map(stored.map((entry) => [entry.key, entry]));
  for (const key of keys) {
    const { value, expireAt, revision, versionstamp, ...confirmed } = confirmedOf(state, pages, key);
    // What a reset took away has nothing that says until when.
    const keptUntil = value === undefined ? (confirmed.keptUntil ?? nowMs + deletionMs) : undefined;
    entryByKey.set(key, {
      key,
      versionstamp,
      ...(value === undefined ? {} : { value }),
      ...(expireAt === undefined ? {} : { expireAt }),
      ...(keptUntil === undefined ? {} : { keptUntil }),
      ...(revision === undefined ? {} : { revision }),
    });
  }
  return [...entryByKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
};

export const createPage = (generation: number, first: PackedKey, entries: readonly PageEntry[]): Page => {
  let latest: Versionstamp = zeroVersionstamp;
  let earliestExpiry = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    if (entry.versionstamp > latest) latest = entry.versionstamp;
    earliestExpiry = Math.min(earliestExpiry, entry.expireAt ?? entry.keptUntil ?? earliestExpiry);
  }
  return {
    generation,
    first,
    entries,
    latest,
    ...(Number.isFinite(earliestExpiry) ? { earliestExpiry } : {}),
  };
};
