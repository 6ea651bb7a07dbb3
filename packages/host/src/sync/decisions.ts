/**
 * What became of this device's commits: answers `settled`, tells of rejected and superseded ones,
 * and carries out what the app decides on the rejected.
 */
import { KvError, type Mutation, type PackedKey, type Versionstamp } from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import {
  decideDiscard,
  decideRetry,
  isUnruled,
  type Pages,
  type RejectedCommits,
  rejectedGroups,
  type ReplicaState,
  type RowEffect,
  viewOf,
} from "@rockpool/replica";
import type {
  HostEvent,
  TransportRejectedGroup,
  TransportRejectedMutation,
  TransportSettled,
  TransportSuperseded,
} from "../host-api.ts";
import type { Ledger } from "../ledger.ts";
import { operandOf, toTransportEntry } from "../transport.ts";

interface Waiter {
  readonly resolve: (settled: TransportSettled) => void;
  readonly reject: (error: unknown) => void;
}

export class Decisions {
  readonly #ledger: Ledger;
  readonly #readClock: () => number;
  readonly #emit: (event: HostEvent) => void;
  readonly #waiters = new Map<Versionstamp, Waiter[]>();
  /** Rejected commits that need not be told of any more. */
  #known: ReadonlySet<Versionstamp>;
  #closed = false;

  constructor(ledger: Ledger, readClock: () => number, emit: (event: HostEvent) => void) {
    this.#ledger = ledger;
    this.#readClock = readClock;
    this.#emit = emit;
    this.#known = rejectedIn(ledger.state);
  }

  onRow({ ruled, superseded }: RowEffect): void {
    for (const tracked of ruled) this.#answer(tracked);
    const rejected = new Set(
      ruled.filter(({ state }) => state === "rejected").map(({ versionstamp }) => versionstamp),
    );
    this.#tellOf(rejected);
    if (superseded.length > 0) this.#quietly(this.#tellSuperseded(superseded));
  }

  /** Rows were missed: what they ruled stands in the state. */
  onGap(): void {
    const { state } = this.#ledger;
    const forgotten = new Set(this.#waiters.keys());
    for (const tracked of state.tracked.values()) {
      forgotten.delete(tracked.versionstamp);
      this.#answer(tracked);
    }
    for (const versionstamp of forgotten) {
      for (const { reject } of this.#take(versionstamp)) reject(forgottenError(versionstamp));
    }
    const rejected = rejectedIn(state);
    const missed = new Set([...rejected].filter((versionstamp) => !this.#known.has(versionstamp)));
    this.#known = rejected;
    this.#tellOf(missed);
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of [...this.#waiters.values()].flat()) reject(closedError());
    this.#waiters.clear();
  }

  /** @throws KvError "not-found" for a versionstamp that names no commit that is remembered */
  async settled(versionstamp: Versionstamp): Promise<TransportSettled> {
    await this.#ledger.catchUp();
    const tracked = findTracked(this.#ledger.state, versionstamp);
    if (tracked === undefined) throw forgottenError(versionstamp);
    if (!isUnruled(tracked)) return settledOf(tracked);
    // Closed while the log was read: nobody would answer.
    if (this.#closed) throw closedError();
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const waiters = this.#waiters.get(versionstamp);
      if (waiters === undefined) this.#waiters.set(versionstamp, [waiter]);
      else waiters.push(waiter);
    });
  }

  list(): Promise<readonly TransportRejectedGroup[]> {
    return this.#ledger.read(true, (state, pages) =>
      rejectedGroups(state).map((group) => this.#describe(state, pages, group)),
    );
  }

  async retry(id: string): Promise<undefined> {
    await this.#ledger.append((state, pages) => {
      const group = mustFindGroup(state, id);
      return { row: decideRetry(state, pages, group, { readingMs: this.#readClock() }), result: undefined };
    });
  }

  async discard(id: string): Promise<undefined> {
    await this.#ledger.append((state) => ({
      row: decideDiscard(mustFindGroup(state, id)),
      result: undefined,
    }));
  }

  #answer(tracked: TrackedCommit): void {
    if (isUnruled(tracked)) return;
    for (const { resolve } of this.#take(tracked.versionstamp)) resolve(settledOf(tracked));
  }

  /** Those who wait for a commit; they wait no more. */
  #take(versionstamp: Versionstamp): readonly Waiter[] {
    const waiters = this.#waiters.get(versionstamp) ?? [];
    this.#waiters.delete(versionstamp);
    return waiters;
  }

  #tellOf(rejected: ReadonlySet<Versionstamp>): void {
    if (rejected.size === 0) return;
    this.#known = new Set([...this.#known, ...rejected]);
    this.#quietly(this.#tellRejected(rejected));
  }

  async #tellRejected(rejected: ReadonlySet<Versionstamp>): Promise<void> {
    const groups = await this.#ledger.read(false, (state, pages) =>
      rejectedGroups(state)
        .filter(({ commits }) => commits.some(({ versionstamp }) => rejected.has(versionstamp)))
        .map((group) => this.#describe(state, pages, group)),
    );
    if (groups.length > 0) this.#emit({ type: "rejected", groups });
  }

  async #tellSuperseded(superseded: RowEffect["superseded"]): Promise<void> {
    const writes = await this.#ledger.read(false, (state, pages) =>
      superseded.flatMap(({ commit, versionstamp, mutation }): TransportSuperseded[] => {
        const lost = commit.mutations[mutation];
        return lost === undefined
          ? []
          : [{ versionstamp, mutation: this.#describeMutation(state, pages, lost) }];
      }),
    );
    this.#emit({ type: "superseded", writes });
  }

  #describe(state: ReplicaState, pages: Pages, group: RejectedCommits): TransportRejectedGroup {
    const commits = group.commits.map(({ commit, versionstamp, reason }) => ({
      versionstamp,
      reason: reason ?? ({ type: "unknown" } as const),
      checks: commit.checks.map(({ key }): PackedKey => key),
      mutations: commit.mutations.map((mutation) => this.#describeMutation(state, pages, mutation)),
    }));
    return { id: group.id, commits };
  }

  #describeMutation(state: ReplicaState, pages: Pages, mutation: Mutation): TransportRejectedMutation {
    const { type, key } = mutation;
    const theirs = toTransportEntry(state, key, viewOf(state, pages, key), this.#readClock());
    return { type, key, mine: operandOf(mutation), theirs };
  }

  /** Events are told as well as can be; the list of the rejected is what counts. */
  #quietly(telling: Promise<void>): void {
    telling.catch(() => {
      // Storage failed while an event was described; the next call meets the same fault and reports it.
    });
  }
}

const closedError = (): KvError => new KvError("closed", "the bucket was closed before the relay ruled");

const findTracked = (state: ReplicaState, versionstamp: Versionstamp): TrackedCommit | undefined => {
  for (const tracked of state.tracked.values()) if (tracked.versionstamp === versionstamp) return tracked;
  return undefined;
};

const rejectedIn = (state: ReplicaState): ReadonlySet<Versionstamp> => {
  if (state.rejectedCount === 0) return new Set();
  const rejected = [...state.tracked.values()].filter((tracked) => tracked.state === "rejected");
  return new Set(rejected.map(({ versionstamp }) => versionstamp));
};

const forgottenError = (versionstamp: Versionstamp): KvError =>
  new KvError(
    "not-found",
    `no commit of versionstamp ${versionstamp} waits for the relay or is remembered here`,
  );

const settledOf = (tracked: TrackedCommit): TransportSettled =>
  tracked.state === "rejected"
    ? { type: "rejected", reason: tracked.reason ?? { type: "unknown" } }
    : { type: "confirmed", revision: tracked.revision ?? 0, superseded: tracked.supersededKeys ?? [] };

const mustFindGroup = (state: ReplicaState, id: string): RejectedCommits => {
  const group = rejectedGroups(state).find((candidate) => candidate.id === id);
  if (group === undefined) {
    throw new KvError(
      "not-found",
      `no rejected commits wait under "${id}"; they were retried or discarded already`,
    );
  }
  return group;
};
