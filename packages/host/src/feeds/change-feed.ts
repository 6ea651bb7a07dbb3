/**
 * A feed of changes: what stands under a selection or what changed since, then every change. Up to
 * its level everything was given. Keys that change later are gathered; where they are not known (at
 * the beginning, after rows were lost to a checkpoint, when a reader was too slow) a scan finds what
 * is later than the level, in parts. What a row changed is in one item, unless that item is a part.
 */
import {
  entryBytes,
  lastVersionstampOf,
  type PackedKey,
  type Position,
  positionOf,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import {
  type EntryView,
  historyOf,
  isPresent,
  type ListedEntry,
  type Pages,
  type ReplicaState,
  type RowEffect,
  type ScanLimits,
  viewOf,
} from "@rockpool/replica";
import { type ChangedPages, findChangedPages } from "./changed-pages.ts";
import { type Selected, selectedBy } from "./feed-selection.ts";
import type { FeedSource, FeedsOptions } from "./feed-source.ts";
import type { ChangesRequest, FeedItem, FeedVersion } from "./feed-api.ts";
import { toTransportEntry, toTransportVersion } from "../transport.ts";

/** What one item is made of, all of it at one state. */
interface Look {
  readonly state: ReplicaState;
  readonly entries: readonly ListedEntry[];
  /** Where the scan goes on; null when it is through or there is none. */
  readonly rest: PackedKey | null;
  /** The state's. */
  readonly versionstamp: Versionstamp;
  readonly nowMs: number;
  /** All is given now that changed up to it. */
  readonly isWhole: boolean;
}

/** Looks for what is later than the level, in key order. */
interface Scan {
  /** Null: nothing is left to look at. */
  from: PackedKey | null;
  /** The versionstamp of the state it began at: all that changes later is gathered. */
  startedAt: Versionstamp | undefined;
  pages: ChangedPages | undefined;
}

export class ChangeFeed implements FeedSource {
  readonly #its: FeedsOptions;
  readonly #request: ChangesRequest;
  readonly #selected: Selected;
  /** Everything up to it was given; zero: nothing. */
  #level: Versionstamp;
  /** The keys that changed later (or since the scan began), by the last row that did; undefined: not known. */
  #changed: Map<PackedKey, Position> | undefined;
  #scan: Scan | undefined;
  /** Said before anything else. */
  #marks: ("reset" | "ready")[] = [];
  /** What was given is not one state, or nothing was given yet: `ready` is due once it is. */
  #isTorn = true;
  /** Counts the beginnings: what was under way at one counts no more. */
  #beginning = 0;
  /** The log's tail was looked at. */
  #isLevel = false;

  constructor(its: FeedsOptions, request: ChangesRequest) {
    this.#its = its;
    this.#request = request;
    this.#selected = selectedBy(request.selection);
    this.#level = request.since ?? zeroVersionstamp;
    const isFromNow = request.include === "updates" && this.#level === zeroVersionstamp;
    this.#scan = { from: isFromNow ? null : this.#selected.first, startedAt: undefined, pages: undefined };
  }

  get isDue(): boolean {
    return this.#marks.length > 0 || this.#scan !== undefined || this.#changed?.size !== 0;
  }

  onRow({ changed, settledKeys, replaced }: RowEffect, position: Position): void {
    if (replaced === true) return this.#beginAnew();
    const known = this.#changed;
    if (known === undefined) return;
    for (const key of changed) if (this.#selected.isMine(key)) known.set(key, position);
    if (this.#request.pending) {
      for (const key of settledKeys) if (this.#selected.isMine(key)) known.set(key, position);
    }
    if (known.size > this.#its.limits.keys) this.#changed = undefined;
    else if (known.size === 0 && this.#scan === undefined) this.#level = lastVersionstampOf(position);
  }

  onGap(): void {
    this.#changed = undefined;
  }

  async next(): Promise<FeedItem | undefined> {
    const mark = this.#marks.shift();
    if (mark !== undefined) return { type: mark, versionstamp: this.#level };
    if (this.#changed === undefined) {
      this.#scan ??= { from: this.#selected.first, startedAt: undefined, pages: undefined };
    }
    const { log, ledger } = this.#its;
    const scan = this.#scan;
    const isFirst = scan !== undefined && scan.startedAt === undefined;
    const beginning = this.#beginning;
    if (scan !== undefined && this.#maySkipPages) {
      scan.pages ??= await findChangedPages(log, ledger, this.#level);
    }
    // The first look is at the log's tail, so that a feed begins no earlier than its opener's writes.
    const look = await ledger.read(!this.#isLevel, (state, pages) => this.#look(state, pages, scan, isFirst));
    if (beginning !== this.#beginning) return undefined;
    this.#isLevel = true;
    if (look === "again") {
      if (scan !== undefined) scan.pages = undefined;
      return undefined;
    }
    if (look === "reset") {
      this.#beginAnew();
      return undefined;
    }
    return this.#take(look, scan);
  }

  /** A reader that was given anything, now or earlier, is to forget it; all begins anew. */
  #beginAnew(): void {
    const hasGiven = this.#level !== zeroVersionstamp || this.#isLevel;
    this.#beginning++;
    this.#level = zeroVersionstamp;
    this.#changed = undefined;
    this.#scan = { from: this.#selected.first, startedAt: undefined, pages: undefined };
    this.#marks = hasGiven ? ["reset"] : [];
    this.#isTorn = true;
  }

  /** Only what changed is looked for, and a change raises a page's versionstamp. */
  get #maySkipPages(): boolean {
    const { selection, pending } = this.#request;
    return this.#level !== zeroVersionstamp && !pending && selection.type !== "keys";
  }

  /** Finds what to give next. May run again on a later state, and what it leaves behind is of the last. */
  #look(
    state: ReplicaState,
    pages: Pages,
    scan: Scan | undefined,
    isFirst: boolean,
  ): Look | "again" | "reset" {
    if (scan?.pages !== undefined && scan.pages.checkpoint !== state.checkpoint) return "again";
    const { include } = this.#request;
    const nowMs = this.#its.readClock();
    // Before the first row there was nothing, and from there all begins.
    const versionstamp = state.tail === 0 ? zeroVersionstamp : lastVersionstampOf(state.tail);
    if (scan !== undefined && this.#level !== zeroVersionstamp && !canResume(state, this.#level)) {
      return "reset";
    }
    if (scan !== undefined && isFirst) {
      scan.startedAt = versionstamp;
      this.#changed = new Map();
    }
    // A history that has no deletion is not told whole, and what is forgotten is in it no more.
    const isGathered = include === "history" && this.#changed !== undefined && this.#changed.size > 0;
    if (isGathered && state.forgotten > (scan?.startedAt ?? this.#level)) return "reset";
    const { entries, rest } =
      scan === undefined || scan.from === null
        ? nothing
        : this.#selected.scan(state, pages, {
            from: scan.from,
            mayHold: (first) => scan.pages?.firsts.has(first) !== false,
            viewsAt: (key) => this.#newsAt(state, pages, key, nowMs),
            limits: this.#partLimits,
          });
    const changed = rest === null ? this.#changedEntries(state, pages, scan, entries, nowMs) : undefined;
    if (changed === undefined) return { state, entries, rest, versionstamp, nowMs, isWhole: false };
    return { state, entries: [...entries, ...changed], rest, versionstamp, nowMs, isWhole: true };
  }

  /** What stands under the keys that were gathered and are not `given`; undefined when they are not known, or too much. */
  #changedEntries(
    state: ReplicaState,
    pages: Pages,
    scan: Scan | undefined,
    given: readonly ListedEntry[],
    nowMs: number,
  ): readonly ListedEntry[] | undefined {
    if (this.#changed === undefined) return undefined;
    const isGiven = new Set(given.map(({ key }) => key));
    const entries: ListedEntry[] = [];
    let bytes = 0;
    for (const key of this.#changed.keys()) {
      if (isGiven.has(key)) continue;
      const views =
        this.#request.include === "history"
          ? this.#versionsAfter(state, pages, key, scan?.startedAt ?? this.#level)
          : [viewOf(state, pages, key)].filter((view) => this.#request.deletes || isPresent(view, nowMs));
      for (const view of views) {
        entries.push({ key, view });
        bytes += entryBytes({ key, ...(view.value === undefined ? {} : { value: view.value }) });
      }
    }
    if (bytes <= this.#its.limits.bytes) return entries;
    this.#changed = undefined;
    return undefined;
  }

  /** What a scan is to give of a key. */
  #newsAt(state: ReplicaState, pages: Pages, key: PackedKey, nowMs: number): readonly EntryView[] {
    const { include, deletes, pending } = this.#request;
    if (include === "history") return this.#versionsAfter(state, pages, key, this.#level);
    const view = viewOf(state, pages, key);
    const isThere = isPresent(view, nowMs);
    const isLater = this.#level !== zeroVersionstamp && view.versionstamp > this.#level;
    // What was ruled on left no versionstamp: where rulings matter, all that stands is given again.
    const isAsked = isThere && (this.#level === zeroVersionstamp || pending);
    return isAsked || (isLater && (deletes || isThere)) ? [view] : [];
  }

  #versionsAfter(
    state: ReplicaState,
    pages: Pages,
    key: PackedKey,
    since: Versionstamp,
  ): readonly EntryView[] {
    const { deletes } = this.#request;
    return historyOf(state, pages, key).filter(
      ({ value, versionstamp }) => versionstamp > since && (deletes || value !== undefined),
    );
  }

  /** Of a history some pages less: each of their entries may have many versions. */
  get #partLimits(): ScanLimits {
    const { part } = this.#its.limits;
    return this.#request.include === "history" ? { ...part, pages: Math.ceil(part.pages / 8) } : part;
  }

  /** Notes what a look gives, and makes it an item. */
  #take(look: Look, scan: Scan | undefined): FeedItem | undefined {
    const { state, entries, rest, versionstamp, nowMs, isWhole } = look;
    if (scan !== undefined) {
      scan.from = rest;
      if (rest === null) {
        this.#scan = undefined;
        this.#level = scan.startedAt ?? this.#level;
      }
    }
    if (isWhole) {
      this.#level = versionstamp;
      for (const [key, position] of this.#changed ?? []) {
        if (position <= positionOf(versionstamp)) this.#changed?.delete(key);
      }
      if (this.#isTorn) this.#marks.push("ready");
    }
    this.#isTorn = !isWhole && (this.#isTorn || entries.length > 0);
    if (entries.length === 0) return undefined;
    const how = { versionstamp: this.#level, ...(isWhole ? {} : { more: true as const }) };
    const { include, values } = this.#request;
    if (include === "history") {
      const versions = entries.toSorted(compareAge).map(({ key, view }) => toFeedVersion(key, view, values));
      return { type: "versions", versions, ...how };
    }
    return {
      type: "update",
      entries: entries.map(({ key, view }) => toTransportEntry(state, key, view, nowMs, values)),
      ...how,
    };
  }
}

const compareAge = ({ view: a }: ListedEntry, { view: b }: ListedEntry): number =>
  a.versionstamp < b.versionstamp ? -1 : a.versionstamp > b.versionstamp ? 1 : 0;

const toFeedVersion = (key: PackedKey, view: EntryView, values: boolean): FeedVersion => {
  const version = toTransportVersion(values ? view : { ...view, value: undefined });
  return { key, ...version, isDeletion: view.value === undefined };
};

/** True when all that changed after a versionstamp is known, deletions included. */
const canResume = ({ born, tail, forgotten, revealed }: ReplicaState, since: Versionstamp): boolean => {
  const position = positionOf(since);
  return position >= born && position <= tail && since >= forgotten && since >= revealed;
};

const nothing = { entries: [], rest: null } as const;
