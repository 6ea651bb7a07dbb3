/**
 * The oracle: what the relay ought to rule, computed a second time from DESIGN.md section 8 and not
 * from the relay's code, and what the bucket holds at each revision of each history. It is told of
 * every turn as it is stored and says when the relay does anything else.
 */
import type {
  BucketState,
  EntryReading,
  RelayEntry,
  RuledTurn,
  Sweep,
  SweepOptions,
  Turn,
} from "@rockpool/relay";
import {
  type Commit,
  type CommitResult,
  digestOf,
  type EpochId,
  nameKey,
  type PackedKey,
  type ReplicaId,
  type Revision,
  type Ruling,
  updateLog,
  updatesOf,
  wholeBucket,
} from "@rockpool/model";
import { textOfView } from "./expected-view.ts";
import { type KeptBytes, type OracleContext, type OracleEntry, ruleOne } from "./oracle-ruling.ts";
import type { Rights } from "./token-issuer.ts";
import { same, Violation } from "./violation.ts";
import type { Base } from "./seen.ts";

/** What the bucket holds at one revision, tombstones included. Never changed. */
export type Snapshot = ReadonlyMap<PackedKey, OracleEntry>;

/** One line of history: a relay that is put back to an earlier point begins another. */
export interface History {
  /** By revision; that of 0 is empty. */
  readonly snapshots: Snapshot[];
  readonly resultByName: Map<string, CommitResult>;
  /** Of accepted commits. */
  readonly nameByTag: Map<string, string>;
  /** The epochs that belong to it, with their first revisions. */
  readonly epochs: { readonly epoch: EpochId; readonly firstRevision: Revision }[];
}

/** What was ruled, for the report. */
export interface RulingCounts {
  accepted: number;
  superseded: number;
  rejected: number;
  /** By reason. */
  readonly rejections: Record<string, number>;
}

const everything: Rights = { read: wholeBucket, write: wholeBucket };
const emptySnapshot: Snapshot = new Map();

export class Oracle {
  readonly counts: RulingCounts = { accepted: 0, superseded: 0, rejected: 0, rejections: {} };
  /** Every commit that was ruled anew, as it was pushed. */
  readonly commitByName: Map<string, Commit> = new Map();
  /** Whose each of them was. */
  readonly replicaByName: Map<string, ReplicaId> = new Map();
  /** Names that were rejected in a history that is gone. */
  readonly #lostRejections = new Set<string>();
  /** It was put back since the last epoch began. */
  #mayBeOlder = false;
  readonly #historyByEpoch = new Map<EpochId, History>();
  #history: History = {
    snapshots: [emptySnapshot],
    resultByName: new Map(),
    nameByTag: new Map(),
    epochs: [],
  };

  get head(): Revision {
    return this.#history.snapshots.length - 1;
  }

  /** What the bucket holds now. */
  get latest(): Snapshot {
    return this.#history.snapshots.at(-1) ?? emptySnapshot;
  }

  get history(): History {
    return this.#history;
  }

  /** In which order epochs began; -1 for none. */
  orderOf(epoch: EpochId | null): number {
    return epoch === null ? -1 : [...this.#historyByEpoch.keys()].indexOf(epoch);
  }

  historyOf(epoch: EpochId): History | undefined {
    return this.#historyByEpoch.get(epoch);
  }

  /** As `historyOf`; none before a relay was heard of. */
  historyAt(epoch: EpochId | null): History | undefined {
    return epoch === null ? undefined : this.historyOf(epoch);
  }

  /** What the bucket held at a point; undefined in a history that nobody knows. @throws Violation */
  snapshotAt({ epoch, revision }: Base): Snapshot | undefined {
    const history = this.historyAt(epoch);
    if (history === undefined) return epoch === null ? emptySnapshot : undefined;
    const { [revision]: snapshot, length } = history.snapshots;
    if (snapshot !== undefined) return snapshot;
    throw new Violation({ invariant: 6, at: "a cursor", expected: `at most ${length - 1}`, found: revision });
  }

  /** True for a commit that was rejected in a history that is gone: a copy of its device may have it ruled since. */
  hasLostRejection(name: string): boolean {
    return this.#lostRejections.has(name);
  }

  /** The relay's file is put back: the next epoch begins where that copy ends, and knows of no epoch since. */
  expectOlder(): void {
    this.#mayBeOlder = true;
  }

  /**
   * Attempts at a commit count as one, whichever copy of its device pushed them: a retry that was ruled as the
   * commit it stands for, the last of them, and any that was accepted as each retry to come.
   */
  resultOfAnother(name: string): CommitResult | undefined {
    return this.#resultsOfOthers(name).at(-1);
  }

  #resultsOfOthers(name: string): readonly CommitResult[] {
    const first = name.replace(/:(\d+)\.\d+$/, ".$1");
    const host = first.replace(/\.(\d+)$/, ":$1");
    return [...this.#history.resultByName.values()].filter(({ name: attempt, ruling }) =>
      name === first
        ? attempt.host === host
        : ruling.type === "accepted" && (attempt.host === host || nameKey(attempt) === first),
    );
  }

  /** The relay began an epoch: of the same history, or of one that was put back to `head`. */
  beginEpoch({ epoch, head, epochs }: BucketState): void {
    if (this.#historyByEpoch.has(epoch)) return;
    if (head > this.head) {
      throw new Violation({ invariant: 6, at: "relay", expected: this.head, found: head });
    }
    const listed = epochs.slice(0, -1);
    const known = this.#history.epochs;
    same(6, "relay", known.slice(0, listed.length), listed);
    if (this.#mayBeOlder) {
      this.#mayBeOlder = false;
      const { snapshots, resultByName, nameByTag } = this.#history;
      const kept = new Map([...resultByName].filter(([, { revision }]) => revision <= head));
      for (const [name, { revision, ruling }] of resultByName) {
        if (revision > head && ruling.type === "rejected") this.#lostRejections.add(name);
      }
      this.#history = {
        snapshots: snapshots.slice(0, head + 1),
        resultByName: kept,
        nameByTag: new Map([...nameByTag].filter(([, name]) => kept.has(name))),
        epochs: [...listed],
      };
    } else {
      same(6, "relay", this.head, head);
      same(6, "relay", known.length, listed.length);
    }
    this.#history.epochs.push({ epoch, firstRevision: head + 1 });
    this.#historyByEpoch.set(epoch, this.#history);
  }

  /** The relay stored a turn, before which it had something under the keys of `kept`. */
  hear(turn: Turn, ruled: RuledTurn, kept: KeptBytes): void {
    if (ruled.from !== this.head) {
      throw new Violation({ invariant: 6, at: "relay", expected: this.head, found: ruled.from });
    }
    for (const [index, { result, isNew }] of ruled.answers.entries()) {
      const push = turn.pushes[index];
      if (push === undefined) {
        throw new Violation({ invariant: 1, at: "relay", expected: "a push", found: result });
      }
      if (isNew) this.#hearNew(push, turn, result, { kept, from: ruled.from });
      else this.#hearKnown(result);
    }
    if (ruled.to !== this.head) {
      throw new Violation({ invariant: 6, at: "relay", expected: this.head, found: ruled.to });
    }
    for (const entry of ruled.changed) this.#seeChanged(entry, ruled);
  }

  /** What a turn left under a key; of a document, what stood before with what the turn added. */
  #seeChanged({ key, value, expireAt, revision, document }: RelayEntry, { from, updates }: RuledTurn): void {
    const entry = this.latest.get(key);
    let found = value;
    if (document !== undefined) {
      const { incarnation } = document;
      const before = this.#history.snapshots[from]?.get(key)?.value;
      const isSame = before?.encoding === "document" && before.incarnation === incarnation;
      const added = updates.filter((one) => one.key === key).map(({ update }) => update);
      const data = updateLog([...(isSame ? updatesOf(before.data) : []), ...added]);
      found = { encoding: "document", data, incarnation };
      same(3, "relay, bytes of a document", entry?.documentBytes, document.bytes, key);
    }
    same(3, "relay", textOfView(entry?.value, entry?.expireAt), textOfView(found, expireAt), key);
    same(3, "relay", entry?.revision, revision, key);
  }

  /** The relay made documents smaller: that is all that happened to them. */
  hearCompaction(key: PackedKey, { entry, updates, head }: EntryReading): void {
    const snapshot = this.#history.snapshots[head] ?? emptySnapshot;
    if (entry?.document === undefined) return;
    const { incarnation, bytes } = entry.document;
    const kept = updates.map(({ update }) => update);
    const found = textOfView({ encoding: "document", data: updateLog(kept), incarnation }, undefined);
    same(3, "relay, a compaction", textOfView(snapshot.get(key)?.value, undefined), found, key);
    const expected = kept.reduce((sum, { length }) => sum + length, 0);
    same(3, "relay, bytes of a document", expected, bytes, key);
  }

  /** The relay did what time asks for: what has ended becomes a tombstone, of the entry's own time. */
  hearSweep({ nowMs, entriesMax }: SweepOptions, { from, to, changed }: Sweep): void {
    same(6, "relay", this.head, from);
    const isOver = ({ value, expireAt }: OracleEntry): boolean =>
      value !== undefined && expireAt !== undefined && expireAt <= nowMs;
    const over = [...this.latest.values()].filter(isOver);
    same(7, "relay", Math.min(over.length, entriesMax), changed.length);
    if (changed.length === 0) return same(6, "relay", from, to);
    same(6, "relay", from + 1, to);
    const entries = changed.map(({ key, value }): OracleEntry => {
      const entry = over.find((one) => one.key === key);
      same(7, "relay", undefined, value, key);
      if (entry === undefined) {
        throw new Violation({ invariant: 7, at: "relay", key, expected: "to stand", found: "expired" });
      }
      const { touched, replaced, writer } = entry;
      return { key, revision: to, touched, replaced, writer, deletedMs: nowMs };
    });
    this.#history.snapshots.push(withEntries(this.latest, entries));
  }

  #hearNew(
    { replica, commit, rights = everything }: Turn["pushes"][number],
    turn: Turn,
    result: CommitResult,
    stood: { readonly kept: KeptBytes; readonly from: Revision },
  ): void {
    const { resultByName, snapshots, epochs } = this.#history;
    const name = nameKey(commit.name);
    const before = resultByName.get(name);
    if (before !== undefined) {
      throw new Violation({ invariant: 1, at: "relay", expected: before, found: result });
    }
    const revision = this.head + 1;
    const context: OracleContext = {
      replica,
      revision,
      nowMs: turn.nowMs,
      retentionMs: turn.retentionMs,
      limits: turn.limits,
      rights,
      epochs,
      documentBytesMax: turn.documentBytesMax,
      digestOf,
      ...stood,
    };
    const { ruling, stamp, entries } = ruleOne(this.latest, commit, context);
    const invariant = commit.checks.length > 0 ? 1 : 7;
    same(invariant, "relay", describeRuling(ruling), describeRuling(result.ruling), name);
    same(
      6,
      "relay",
      { name, tag: commit.tag, revision, stamp },
      {
        name: nameKey(result.name),
        tag: result.tag,
        revision: result.revision,
        stamp: result.stamp,
      },
    );
    this.#count(ruling);
    if (ruling.type === "accepted") this.#acceptTag(commit);
    resultByName.set(name, result);
    this.commitByName.set(name, commit);
    this.replicaByName.set(name, replica);
    snapshots.push(entries.length === 0 ? this.latest : withEntries(this.latest, entries));
  }

  /** Every attempt at a commit bears its tag: two of them must not count. */
  #acceptTag({ name, tag, mutations }: Commit): void {
    // Copies of a device may divide initial sets differently: each counts where there is nothing yet.
    if (mutations.some((mutation) => mutation.type === "set" && mutation.initial === true)) return;
    const { nameByTag } = this.#history;
    same(1, "relay", nameKey(name), nameByTag.get(tag) ?? nameKey(name), `tag ${tag}`);
    nameByTag.set(tag, nameKey(name));
  }

  /** A name that was ruled on before is answered with what became of it then. */
  #hearKnown(result: CommitResult): void {
    const { resultByName } = this.#history;
    const name = nameKey(result.name);
    const isUnknown = result.ruling.type === "rejected" && result.ruling.reason.type === "unknown";
    // What a history that is gone had rejected stays with the app: a copy of the device may push it after others.
    if (isUnknown && this.#lostRejections.has(name)) return;
    const others = this.#resultsOfOthers(name);
    // Of several retries the relay keeps, for the commit they stand for, the last before a later commit of its host.
    const retry = others.find(({ revision }) => revision === result.revision) ?? others.at(-1);
    const known = resultByName.get(name) ?? retry;
    same(1, "relay", known, { ...result, name: known?.name }, nameKey(result.name));
  }

  #count(ruling: Ruling): void {
    if (ruling.type === "rejected") {
      const { rejections } = this.counts;
      const { type } = ruling.reason;
      this.counts.rejected++;
      rejections[type] = (rejections[type] ?? 0) + 1;
    } else {
      this.counts.accepted++;
      this.counts.superseded += ruling.superseded.length;
    }
  }
}

const withEntries = (before: Snapshot, entries: readonly OracleEntry[]): Snapshot => {
  const after = new Map(before);
  for (const entry of entries) after.set(entry.key, entry);
  return after;
};

const describeRuling = (ruling: Ruling): unknown =>
  ruling.type === "rejected"
    ? ruling.reason.type === "check"
      ? { type: "check", checks: ruling.reason.checks }
      : { type: ruling.reason.type }
    : { type: "accepted", superseded: ruling.superseded };
