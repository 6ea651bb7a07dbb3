/**
 * Rules on the commits of one turn, the same in every engine: each in order, over what those before
 * it left. Names make it exactly once: what was ruled before is answered with its kept result, or
 * rejected as `unknown` where that is gone or bears another tag, and never run again.
 * Pure: the engine reads what is asked and writes what comes out, in one transaction.
 */
import {
  msOfStamp,
  nameKey,
  originalTag,
  type Commit,
  type CommitName,
  type CommitResult,
  type PackedKey,
  type ReplicaId,
  type Stamp,
} from "@rockpool/model";
import { allRights } from "./access.ts";
import type { Answer, PushedCommit, RuledTurn, Turn } from "./engine.ts";
import type { DocumentRules } from "./document-rules.ts";
import type { DocumentUpdate } from "./document-state.ts";
import type { EpochStart } from "./epoch-history.ts";
import type { RelayEntry } from "./relay-entry.ts";
import { resolve } from "./resolve.ts";

/** What an engine knows before the turn. */
export interface TurnReader {
  readonly head: number;
  readonly epochs: readonly EpochStart[];
  /** The highest stamp of a tombstone that was dropped. */
  readonly stampFloor: Stamp;
  readonly documents: DocumentRules;
  entry(key: PackedKey): RelayEntry | undefined;
  host(host: string): HostState | undefined;
  result(name: CommitName): CommitResult | undefined;
}

/** How far a host's commits have been ruled. */
export interface HostState {
  /** The highest n of the host that was ruled. */
  readonly last: number;
  /** The highest n above `last` that counts as ruled because a retry of it was; else 0. */
  readonly retried: number;
}

/** A result to keep. */
export interface KeptResult {
  readonly result: CommitResult;
  /** Whose patches carry it; none for a first attempt of which only a retry was ruled: kept for good. */
  readonly replica: ReplicaId | undefined;
}

/** What the engine keeps of a turn, besides the head in `ruled.to`. */
export interface TurnOutcome {
  readonly ruled: RuledTurn;
  readonly hosts: ReadonlyMap<string, HostState>;
  readonly results: readonly KeptResult[];
  /** Keys under which another document stood, or none: whatever updates are kept under them go first. */
  readonly ended: readonly PackedKey[];
}

const newHost: HostState = { last: 0, retried: 0 };

export const ruleTurn = (reader: TurnReader, turn: Turn): TurnOutcome => {
  const draft = new TurnDraft(reader);
  const answers = turn.pushes.map((push): Answer => {
    const known = draft.knownResult(push);
    return known === undefined
      ? { result: draft.rule(push, turn), isNew: true }
      : { result: known, isNew: false };
  });
  return draft.outcome(answers);
};

/** The state of the bucket as the commits of the turn so far leave it. */
class TurnDraft {
  readonly #reader: TurnReader;
  #head: number;
  /** In order of revision: what is changed again moves to the end. */
  readonly #entryByKey = new Map<PackedKey, RelayEntry>();
  /** What the turn added to the documents that stand at its end. */
  readonly #updatesByKey = new Map<PackedKey, DocumentUpdate[]>();
  readonly #readByKey = new Map<PackedKey, RelayEntry | undefined>();
  readonly #hostById = new Map<string, HostState>();
  readonly #readHostById = new Map<string, HostState>();
  readonly #keptByName = new Map<string, KeptResult>();

  constructor(reader: TurnReader) {
    this.#reader = reader;
    this.#head = reader.head;
  }

  /** The answer to a name that was ruled on before; undefined for a new one. */
  knownResult({ commit }: PushedCommit): CommitResult | undefined {
    const { last, retried } = this.#host(commit.name.host);
    if (commit.name.n > Math.max(last, retried)) return this.#acceptedBefore(commit, last);
    const kept = this.#result(commit.name);
    if (kept?.tag === commit.tag) return kept;
    if (kept === undefined && commit.name.n > last) return this.#acceptedBefore(commit, last);
    const { name, tag, stamp } = commit;
    return {
      name,
      tag,
      revision: this.#head,
      stamp,
      ruling: { type: "rejected", reason: { type: "unknown" } },
    };
  }

  rule({ replica, commit, rights }: PushedCommit, turn: Turn): CommitResult {
    const revision = this.#head + 1;
    const { nowMs, limits, documentBytesMax } = turn;
    const { epochs, stampFloor, documents } = this.#reader;
    // Under a shorter retention, or another clock, deletions may have been dropped that this one would have kept.
    const retentionMs = Math.min(turn.retentionMs, nowMs - msOfStamp(stampFloor) - 1);
    const bounds = { nowMs, retentionMs, limits, documentBytesMax };
    const context = { replica, rights: rights ?? allRights, epochs, documents, revision, ...bounds };
    const { ruling, stamp, effects, updatesByKey } = resolve((key) => this.#entry(key), commit, context);
    this.#head = revision;
    for (const entry of effects) this.#apply(entry, updatesByKey.get(entry.key) ?? []);
    const result: CommitResult = { name: commit.name, tag: commit.tag, revision, stamp, ruling };
    this.#keep(result, replica);
    return result;
  }

  outcome(answers: readonly Answer[]): TurnOutcome {
    const entries = [...this.#entryByKey.values()];
    return {
      ruled: {
        answers,
        from: this.#reader.head,
        to: this.#head,
        changed: entries,
        updates: [...this.#updatesByKey.values()].flat().toSorted((a, b) => a.revision - b.revision),
      },
      ended: entries.map(({ key }) => key).filter((key) => this.#isEnded(key)),
      hosts: this.#hostById,
      results: [...this.#keptByName.values()],
    };
  }

  #apply(entry: RelayEntry, updates: readonly DocumentUpdate[]): void {
    const { key, document } = entry;
    const isSame = document !== undefined && this.#incarnation(key) === document.incarnation;
    const kept = isSame ? (this.#updatesByKey.get(key) ?? []) : [];
    if (document === undefined) this.#updatesByKey.delete(key);
    else this.#updatesByKey.set(key, kept);
    for (const update of updates) kept.push(update);
    this.#entryByKey.delete(key);
    this.#entryByKey.set(key, entry);
  }

  #incarnation(key: PackedKey): number | undefined {
    return this.#entry(key)?.document?.incarnation;
  }

  #isEnded(key: PackedKey): boolean {
    return this.#readByKey.get(key)?.document?.incarnation !== this.#incarnation(key);
  }

  /**
   * What the commit that a new retry stands for came to, if it was accepted after all: a relay that was put
   * back may have it from a copy of the device that never heard of the rejection. Counted twice otherwise.
   */
  #acceptedBefore({ name, tag }: Commit, lastAttempt: number): CommitResult | undefined {
    const first = firstAttemptOf(name);
    if (first === undefined) return undefined;
    const attempts = [first, ...(lastAttempt > 0 ? [{ host: name.host, n: lastAttempt }] : [])];
    const accepted = attempts
      .map((attempt) => this.#result(attempt))
      .find((result) => result?.tag === tag && result.ruling.type === "accepted");
    return accepted && { ...accepted, name };
  }

  #result(name: CommitName): CommitResult | undefined {
    return this.#keptByName.get(nameKey(name))?.result ?? this.#reader.result(name);
  }

  #keep(result: CommitResult, replica: ReplicaId): void {
    const { host, n } = result.name;
    this.#hostById.set(host, { ...this.#host(host), last: n });
    this.#keptByName.set(nameKey(result.name), { result, replica });
    const first = firstAttemptOf(result.name);
    if (first === undefined) return;
    // Ruling a retry counts as ruling the name it stands for, should a copy of the device push that one yet.
    const firstHost = this.#host(first.host);
    if (first.n <= firstHost.last) return;
    this.#hostById.set(first.host, { ...firstHost, retried: Math.max(firstHost.retried, first.n) });
    const forFirst: CommitResult = { ...result, name: first, tag: originalTag(result.tag) };
    this.#keptByName.set(nameKey(first), { result: forFirst, replica: undefined });
  }

  #entry(key: PackedKey): RelayEntry | undefined {
    const changed = this.#entryByKey.get(key);
    if (changed !== undefined) return changed;
    if (!this.#readByKey.has(key)) this.#readByKey.set(key, this.#reader.entry(key));
    return this.#readByKey.get(key);
  }

  #host(host: string): HostState {
    const known = this.#hostById.get(host) ?? this.#readHostById.get(host);
    if (known !== undefined) return known;
    const read = this.#reader.host(host) ?? newHost;
    this.#readHostById.set(host, read);
    return read;
  }
}

/** The name a retry was derived from; undefined for a first attempt. @see retryName */
const firstAttemptOf = ({ host }: CommitName): CommitName | undefined => {
  const colon = host.lastIndexOf(":");
  if (colon === -1) return undefined;
  const n = Number(host.slice(colon + 1));
  return Number.isSafeInteger(n) && n > 0 ? { host: host.slice(0, colon), n } : undefined;
};
