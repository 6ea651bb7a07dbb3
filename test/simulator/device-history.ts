/**
 * What one disk was told to keep, read from its rows as they come: every commit and every decision of
 * the app, before checkpoints move them. Nothing here is computed by the code under test.
 */
import type { AttachRow, CommitRecord, PlacedRow, SessionState, StorageImage } from "@rockpool/log";
import {
  createVersionstamp,
  nameKey,
  type Position,
  type Versionstamp,
  type PackedKey,
  type ReplicaId,
  type Scope,
  wholeBucket,
} from "@rockpool/model";
import { heldAfter, heldInPages, heldWithout, type LoneCommit } from "./held-alone.ts";
import { Violation } from "./violation.ts";
import type { Base, Held, SeenCommit } from "./seen.ts";

export class DeviceHistory {
  readonly at: string;
  /** In log order, those that were remembered when the history began included. */
  readonly commits: SeenCommit[] = [];
  readonly commitByName: Map<string, SeenCommit> = new Map();
  readonly commitByVersionstamp: Map<Versionstamp, SeenCommit> = new Map();
  /** Those that were confirmed at once. */
  readonly loneByVersionstamp: Map<Versionstamp, LoneCommit> = new Map();
  /** What the bucket held before it had a relay. */
  held: Held;
  /** The row that gave it one, if that was seen. */
  attached: AttachRow | undefined;
  /** What took the place of commits of initial sets that were over a limit, by name. */
  readonly #partsByName = new Map<string, readonly SeenCommit[]>();
  /** Where the app decided on a rejected commit, by name. */
  readonly decidedAt: Map<string, Position> = new Map();
  /** Every key that its commits ever wrote. */
  readonly writtenKeys: Set<PackedKey> = new Set();
  /** What the app follows, and what the last session was welcomed with. */
  followed: Scope;
  served: Scope;
  /** The replica that it is a copy of; null before it has a relay. */
  replica: ReplicaId | null;
  /** What was confirmed from a position on; undefined where nobody knows. */
  readonly #bases: { readonly position: Position; readonly base: Base | undefined }[] = [];
  /** What is confirmed stays as it is until a fill. */
  #isFillDue: boolean;
  #lastPosition = 0;
  #image: StorageImage | undefined;

  constructor(at: string, image: StorageImage) {
    this.at = at;
    this.followed = image.meta?.session.followed ?? wholeBucket;
    for (const record of [...image.pending.values()].toSorted((a, b) => a.position - b.position)) {
      for (const { commit, versionstamp, awaited = false } of record.commits) {
        const text = nameKey(commit.name);
        this.#add({ ...commit, text, position: record.position, versionstamp, isAwaited: awaited });
      }
    }
    this.#lastPosition = image.meta?.checkpoint ?? 0;
    this.followed = image.meta?.session.followed ?? wholeBucket;
    this.served = image.meta?.session.scope ?? wholeBucket;
    this.replica = image.meta?.replica ?? null;
    this.#isFillDue = image.meta?.session.fillDue === true;
    this.held = this.replica === null ? heldInPages(image) : new Map();
    const base = baseOf(image.meta?.session);
    const held = this.replica === null ? { held: this.held } : {};
    this.#bases.push({ position: this.#lastPosition, base: base && { ...base, ...held } });
    this.read(image, () => {});
  }

  /** The last row, with its position; undefined before the first one. */
  get last(): PlacedRow | undefined {
    return this.#image?.rows.at(-1);
  }

  /** What is confirmed as of a position, by the patches and fills up to there. */
  baseAt(position: Position): Base | undefined {
    return this.#bases.findLast((known) => known.position <= position)?.base;
  }

  /** All commits in log order, a divided one followed by its parts. */
  get commitsAndParts(): readonly SeenCommit[] {
    return this.#partsByName.size === 0 ? this.commits : this.commits.flatMap((one) => this.#withParts(one));
  }

  /** The names that stand for a commit: its own, or those of its parts. */
  leavesOf(text: string): readonly string[] {
    const parts = this.#partsByName.get(text);
    return parts === undefined ? [text] : parts.flatMap((part) => this.leavesOf(part.text));
  }

  /** A commit was divided: tabs that have folded so far know its parts alone. */
  divide({ text }: SeenCommit, parts: readonly SeenCommit[]): void {
    this.#partsByName.set(text, parts);
    for (const part of parts) this.commitByName.set(part.text, part);
  }

  get lastPosition(): Position {
    return this.#lastPosition;
  }

  /** Takes down the rows that came since the last time. */
  read(image: StorageImage, onRow: (row: PlacedRow) => void): void {
    if (image === this.#image) return;
    this.#image = image;
    if ((image.meta?.checkpoint ?? 0) > this.#lastPosition) throw new Error(`rows of ${this.at} were missed`);
    let index = image.rows.length;
    while (index > 0 && (image.rows[index - 1] as PlacedRow).position > this.#lastPosition) index--;
    for (const row of image.rows.slice(index)) {
      if (row.position <= this.#lastPosition) {
        throw new Violation({
          invariant: 6,
          at: this.at,
          expected: `> ${this.#lastPosition}`,
          found: row.position,
        });
      }
      this.#lastPosition = row.position;
      this.#take(row);
      onRow(row);
    }
  }

  #take(row: PlacedRow): void {
    this.#takeBase(row);
    if (row.type === "follow") this.followed = row.followed;
    if (row.type === "session") this.served = row.scope;
    if (row.type === "attach") this.#attach(row);
    if (row.type === "commit" && this.replica !== null) this.#addAll(row.commits, row.position);
    if (row.type !== "decision") return;
    for (const name of row.commits) this.decidedAt.set(nameKey(name), row.position);
    this.#addAll(row.retries, row.position);
  }

  #attach(row: AttachRow & PlacedRow): void {
    if (this.replica !== null) {
      const expected = `the replica ${this.replica}`;
      throw new Violation({ invariant: 1, at: this.at, expected, found: row.replica });
    }
    this.replica = row.replica;
    this.attached = row;
    this.#addAll(row.commits ?? [], row.position);
  }

  #withParts(commit: SeenCommit): readonly SeenCommit[] {
    const parts = this.#partsByName.get(commit.text) ?? [];
    return [commit, ...parts.flatMap((part) => this.#withParts(part))];
  }

  #takeBase(row: PlacedRow): void {
    const { position } = row;
    const before = this.#bases.at(-1)?.base;
    if (this.replica === null && (row.type === "commit" || row.type === "expire")) {
      if (row.type === "commit") this.#addLone(row.commits, position);
      else this.held = heldWithout(this.held, row.expired);
      this.#bases.push({ position, base: { epoch: null, revision: 0, scope: wholeBucket, held: this.held } });
    }
    // What is confirmed stays as it was until a fill, unless there was nothing. Documents are all in what waits.
    if (row.type === "attach") {
      this.#isFillDue ||= row.commits !== undefined;
      const mutations = row.commits?.flatMap((commit) => commit.mutations) ?? [];
      const merged = mutations.filter(({ type }) => type === "merge").map(({ key }) => key);
      if (before !== undefined) {
        this.#bases.push({ position, base: { ...before, held: heldWithout(this.held, merged) } });
      }
    }
    if (row.type === "patch" && row.patch.upToDate) {
      const scope = before?.scope ?? row.scope;
      this.#bases.push({ position, base: { epoch: row.epoch, revision: row.patch.to, scope } });
    }
    // At the beginning there is nothing in any scope, so that another one needs no fill.
    if (row.type === "session") {
      this.#isFillDue ||= row.reset;
      if (before?.revision === 0 && !this.#isFillDue) {
        this.#bases.push({ position, base: { ...before, scope: row.scope } });
      }
    }
    if (row.type === "fill" && row.relay !== undefined) {
      const { epoch, to, scope } = row.relay;
      this.#isFillDue = false;
      this.#bases.push({ position, base: { epoch, revision: to, scope } });
    }
  }

  #addLone(records: readonly CommitRecord[], position: Position): void {
    for (const [place, { effects, readingMs }] of records.entries()) {
      const versionstamp = createVersionstamp(position, place);
      this.loneByVersionstamp.set(versionstamp, { before: this.held, effects, readingMs });
      this.held = heldAfter(this.held, effects, versionstamp);
      for (const { key } of effects) this.writtenKeys.add(key);
    }
  }

  #addAll(records: readonly CommitRecord[], position: Position): void {
    for (const [place, { name, tag, checks, mutations, awaited = false }] of records.entries()) {
      const versionstamp = createVersionstamp(position, place);
      const text = nameKey(name);
      this.#add({ name, tag, checks, mutations, text, position, versionstamp, isAwaited: awaited });
    }
  }

  #add(commit: SeenCommit): void {
    this.commits.push(commit);
    for (const { key } of commit.mutations) this.writtenKeys.add(key);
    this.commitByName.set(commit.text, commit);
    this.commitByVersionstamp.set(commit.versionstamp, commit);
  }
}

/** Before a relay was ever heard of there is nothing; while a fill is due a checkpoint does not say what it stands on. */
const baseOf = (session: SessionState | undefined): Base | undefined => {
  if (session === undefined) return { epoch: null, revision: 0, scope: wholeBucket };
  if (session.fillDue === true) return undefined;
  const { epoch, cursor, scope, confirmedEpoch = epoch, confirmedScope = scope } = session;
  return { epoch: confirmedEpoch, revision: cursor, scope: confirmedScope };
};
