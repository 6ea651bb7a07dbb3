/**
 * For tests: a replica on a log of its own, without I/O, and commits, patches and results in short
 * form. What is appended is decided and folded as a host does it; `restarted` is another host that
 * starts from what a checkpoint left.
 */
import type { LogStart, Page, PendingRecord, PlacedRow, Row, Version } from "@rockpool/log";
import {
  type CommitName,
  type CommitResult,
  createVersionstamp,
  type Mutation,
  type PackedKey,
  type Patch,
  type RejectionReason,
  type SupersededMutation,
  type Versionstamp,
  zeroStamp,
  zeroVersionstamp,
} from "@rockpool/model";
import type { Welcome } from "@rockpool/protocol";
import { helloWith, welcomeWith } from "@rockpool/protocol/hello-fixture";
import { decideWelcome } from "./adopt.ts";
import { buildCheckpoint, type CheckpointLimits, planCheckpoint } from "./checkpoint.ts";
import { key, testNowMs } from "./commit-fixture.ts";
import { type CommitOutcome, type CommitRequest, evaluateGroup } from "./evaluate.ts";
import { foldRow } from "./fold.ts";
import type { RowEffect } from "./row-effect.ts";
import { Pages } from "./page-index.ts";
import { historyOf } from "./history.ts";
import { decideDoomed, decidePatch, type PatchDecision } from "./receive.ts";
import { createPage } from "./rewrite-pages.ts";
import { pageIndexOf, type ReplicaState, stateAtCheckpoint } from "./state.ts";
import { addressOf, dataOf, keysOf, versionsAfter } from "./versions-fixture.ts";
import { type EntryView, viewOf } from "./view.ts";

const roomyLimits: CheckpointLimits = { rowsMax: 1000, pagesMax: 64, pageEntries: 4, pageBytes: 16 * 1024 };

/** One commit, as it was answered here. */
export interface TestCommit {
  readonly outcome: CommitOutcome;
  readonly name: CommitName;
  readonly versionstamp: Versionstamp;
}

export class TestReplica {
  readonly host: string;
  nowMs: number = testNowMs;
  state: ReplicaState;
  #start: LogStart;
  #pages: Pages;
  #position: number;
  #n = 0;

  constructor(
    host = "a",
    start: LogStart = { meta: undefined, pageKeys: [], pending: [], rows: [] },
    pages: readonly Page[] = [],
    versions: readonly Version[] = [],
  ) {
    this.host = host;
    this.#start = start;
    this.#position = start.rows.at(-1)?.position ?? 0;
    this.state = stateAtCheckpoint(start);
    for (const row of start.rows) foldRow(this.state, row);
    this.#pages = pagesOf(this.state, start, pages);
    this.#stored = pages;
    this.#versions = versions;
    this.#addVersions();
  }

  #stored: readonly Page[];
  #versions: readonly Version[];

  /** A replica that is attached, in epoch `e1`, at revision 0. */
  static synced(host = "a"): TestReplica {
    const replica = new TestReplica(host);
    replica.append({ type: "attach", replica: "r" });
    replica.welcome({ epoch: "e1" });
    return replica;
  }

  get pages(): Pages {
    return this.#pages;
  }

  get rows(): readonly PlacedRow[] {
    return this.#start.rows;
  }

  get pendingRecords(): readonly PendingRecord[] {
    return this.#start.pending;
  }

  get storedPages(): readonly Page[] {
    return this.#stored;
  }

  get storedVersions(): readonly Version[] {
    return this.#versions;
  }

  append(row: Row): RowEffect {
    const placed = { ...row, position: ++this.#position };
    this.#start = { ...this.#start, rows: [...this.#start.rows, placed] };
    return foldRow(this.state, placed);
  }

  /** Commits as one group. */
  group(...requests: readonly CommitRequest[]): readonly TestCommit[] {
    const names: CommitName[] = [];
    const { row, outcomes } = evaluateGroup(this.state, this.#pages, requests, {
      host: this.host,
      takeNumber: () => {
        names.push({ host: this.host, n: ++this.#n });
        return this.#n;
      },
      drawTag: () => `tag-${this.#n}`,
      readingMs: this.nowMs,
    });
    if (row !== undefined) this.append(row);
    return outcomes.map((outcome) => {
      const place = outcome.type === "committed" ? outcome.place : 0;
      return {
        outcome,
        name: names[place] ?? { host: this.host, n: 0 },
        versionstamp: createVersionstamp(this.#position, place),
      };
    });
  }

  /** Commits without checks. */
  commit(...mutations: readonly Mutation[]): TestCommit {
    return this.group({ checks: [], mutations })[0] as TestCommit;
  }

  /** Commits with checks that each key stands as it does in view now. */
  commitOn(names: readonly string[], ...mutations: readonly Mutation[]): TestCommit {
    const checks = names.map((name) => {
      const { value, versionstamp } = this.view(name);
      return { key: key(name), versionstamp: value === undefined ? null : versionstamp };
    });
    return this.group({ checks, mutations })[0] as TestCommit;
  }

  /** The relay's answer to a hello of this replica as it is. */
  welcome(welcome: Pick<Welcome, "epoch"> & Partial<Welcome>): RowEffect | undefined {
    const { epoch, received, followed } = this.state.session;
    const { nowMs } = this;
    const hello = helloWith({ epoch, cursor: received, follow: followed, clockMs: nowMs });
    const answer = welcomeWith({ clockMs: nowMs, helloClockMs: nowMs, ...welcome });
    const decision = decideWelcome(this.state, hello, answer, nowMs);
    return decision.type === "row" ? this.append(decision.row) : undefined;
  }

  /** Decides on a patch that follows on what was received. */
  decide(patch: Partial<Patch> & Pick<Patch, "to">, subject: string | null = null): PatchDecision {
    const { epoch, scope } = this.state.session;
    const received = { epoch: epoch ?? "", scope, subject, patch: this.patch(patch) };
    return decidePatch(this.state, this.#pages, received, this.nowMs);
  }

  /** A patch that follows on what was received. */
  patch(patch: Partial<Patch> & Pick<Patch, "to">): Patch {
    return {
      from: this.state.session.received,
      head: patch.to,
      upToDate: true,
      entries: [],
      results: [],
      stamp: zeroStamp,
      ...patch,
    };
  }

  /** Receives a patch. @throws Error when it does not apply */
  receive(patch: Partial<Patch> & Pick<Patch, "to">): RowEffect {
    const decision = this.decide(patch);
    if (decision.type !== "row") throw new Error(`the patch to ${patch.to} does not apply: ${decision.type}`);
    return this.append(decision.row);
  }

  /** Fills anew from a relay that holds `entries`, in key order, at revision `to`. */
  refill({ to, entries = [], results = [] }: Partial<Patch> & Pick<Patch, "to">): RowEffect {
    this.append({ type: "build" });
    const generation = this.#position;
    const filled = entries.map((entry) => ({ ...entry, versionstamp: zeroVersionstamp }));
    this.#stored = [...this.#stored, createPage(generation, "" as PackedKey, filled)];
    this.#start = { ...this.#start, pageKeys: keysOf(this.#stored) };
    const { nowMs } = this;
    const { epoch, scope, received } = this.state.session;
    const effect = this.append({
      type: "fill",
      generation,
      stored: { entries: entries.length, bytes: 0 },
      relay: { epoch: epoch ?? "", scope, from: received, to, results, stamp: zeroStamp, readingMs: nowMs },
    });
    this.#readAgain();
    const doomed = decideDoomed(this.state, this.#pages, nowMs);
    if (doomed !== undefined) this.append(doomed);
    return effect;
  }

  /** The relay's ruling on a commit of this replica: accepted, unless a reason is given. */
  result(
    name: CommitName,
    revision: number,
    ruling: RejectionReason | readonly SupersededMutation[] = [],
  ): CommitResult {
    const commit = this.state.getTracked(name)?.commit;
    return {
      name,
      tag: commit?.tag ?? "",
      revision,
      stamp: commit?.stamp ?? zeroStamp,
      ruling:
        "type" in ruling ? { type: "rejected", reason: ruling } : { type: "accepted", superseded: ruling },
    };
  }

  view(name: string): EntryView {
    return viewOf(this.state, this.#pages, key(name));
  }

  /** What a reader sees under a key, as data: JSON decoded, a u64 as its number. */
  value(name: string): unknown {
    return dataOf(this.view(name));
  }

  /** The versions of a key as data, oldest first; undefined for a deletion. */
  history(name: string): readonly unknown[] {
    return historyOf(this.state, this.#pages, key(name)).map(dataOf);
  }

  stateOf(name: CommitName): string | undefined {
    return this.state.getTracked(name)?.state;
  }

  /** Makes one checkpoint, and is from then on the host that started from it. False when there was nothing to move. */
  checkpoint(limits: Partial<CheckpointLimits> = {}): boolean {
    const bounds = { ...roomyLimits, ...limits };
    const plan = planCheckpoint(this.#start, bounds);
    if (plan === undefined) return false;
    const pages = pagesOf(plan.state, this.#start, this.#stored);
    const checkpoint = buildCheckpoint(this.#start, plan, pages, this.nowMs, bounds);
    const { meta, putPages, deletePages, putPending, deletePending } = checkpoint;
    const pageOf = new Map(this.#stored.map((page) => [addressOf(page), page]));
    for (const page of deletePages) pageOf.delete(addressOf(page));
    for (const page of putPages) pageOf.set(addressOf(page), page);
    const pendingOf = new Map(this.#start.pending.map((record) => [record.position, record]));
    for (const position of deletePending) pendingOf.delete(position);
    for (const record of putPending) pendingOf.set(record.position, record);
    this.#stored = [...pageOf.values()].toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
    this.#versions = versionsAfter(this.#versions, checkpoint);
    const rows = this.#start.rows.filter(({ position }) => position > plan.at);
    this.#start = {
      meta,
      pageKeys: keysOf(this.#stored),
      pending: [...pendingOf.values()].toSorted((a, b) => a.position - b.position),
      rows: [...rows, { type: "checkpoint", position: ++this.#position }],
    };
    this.#readAgain();
    return true;
  }

  /** Is from now on the host that starts from what is stored. */
  #readAgain(): void {
    const { state, pages } = this.restarted();
    this.state = state;
    this.#pages = pages;
  }

  /** Another host, which starts from the pages and the rows after them. */
  restarted(host = "b"): TestReplica {
    return new TestReplica(
      host,
      structuredClone(this.#start),
      structuredClone(this.#stored),
      structuredClone(this.#versions),
    );
  }

  /** Has the older versions of every key at hand. */
  #addVersions(): void {
    const keys = this.#stored.flatMap(({ entries }) => entries.map((entry) => entry.key));
    for (const of of keys) {
      const its = this.#versions.filter((version) => version.key === of && this.#isInForce(version));
      this.#pages.addVersions(of, its);
    }
  }

  #isInForce({ generation }: Version): boolean {
    return generation === this.#pages.index.generation;
  }
}

const pagesOf = (state: ReplicaState, start: LogStart, stored: readonly Page[]): Pages => {
  const pages = new Pages(pageIndexOf(state, start));
  pages.add(stored);
  return pages;
};
