/**
 * Commits that the relay refused: tells the tab of them, lists them, and carries out what the app
 * decides. A commit whose caller waits for the ruling is told of by
 * that call, as long as the caller is there.
 */
import { KvError, nameKey, type Versionstamp } from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import {
  conflictsOf,
  decideDiscard,
  decideRetry,
  isBuiltOn,
  type RejectedCommits,
  rejectedGroups,
  type ReplicaState,
  type RowEffect,
} from "@rockpool/replica";
import { describeGroup } from "./described.ts";
import type { HostLocks } from "../environment.ts";
import type { HostEvent } from "../host-api.ts";
import type { Teller } from "./teller.ts";
import type { TransportRejectedGroup } from "../ruling-api.ts";
import type { Ledger } from "../ledger.ts";
import { hostLockName } from "../tabs.ts";
import { findTracked } from "./settlements.ts";

export interface DecisionsOptions {
  readonly ledger: Ledger;
  /** This host. */
  readonly host: string;
  readonly database: string;
  readonly locks: Pick<HostLocks, "query">;
  readonly readClock: () => number;
  readonly emit: (event: HostEvent) => void;
  /** The app is asked about conflicts: it is told of those groups when it has left them. */
  readonly asksApp: boolean;
  readonly teller: Teller;
}

export class Decisions {
  readonly #its: DecisionsOptions;
  /** Rejected commits that need not be told of any more, by name. */
  #known: ReadonlySet<string>;
  /** Commits of this host whose callers wait no more. */
  readonly #released = new Set<Versionstamp>();

  constructor(its: DecisionsOptions) {
    this.#its = its;
    this.#known = rejectedIn(its.ledger.state);
  }

  onRow({ ruled }: RowEffect): void {
    this.#tellOf(namesOf(ruled.filter(({ state }) => state === "rejected")));
  }

  /** Rows were missed: what they ruled stands in the state. */
  onGap(): void {
    const rejected = rejectedIn(this.#its.ledger.state);
    const missed = new Set([...rejected].filter((name) => !this.#known.has(name)));
    this.#known = rejected;
    this.#tellOf(missed);
  }

  list(): Promise<readonly TransportRejectedGroup[]> {
    const { ledger, readClock } = this.#its;
    return ledger.read(true, (state, pages) =>
      rejectedGroups(state).map((group) => describeGroup(state, pages, group, readClock())),
    );
  }

  async retry(id: string): Promise<undefined> {
    const { ledger, readClock } = this.#its;
    await ledger.append((state, pages) => {
      const group = mustFindGroup(state, id);
      return { row: decideRetry(state, pages, group, { readingMs: readClock() }), result: undefined };
    });
  }

  async discard(id: string): Promise<undefined> {
    await this.#its.ledger.append((state) => ({
      row: decideDiscard(mustFindGroup(state, id).commits),
      result: undefined,
    }));
  }

  /** The caller of a rejected commit knows: it is forgotten, unless others build on it. */
  async forget(versionstamp: Versionstamp): Promise<undefined> {
    await this.#its.ledger.append((state) => {
      const tracked = findTracked(state, versionstamp);
      const isOver = tracked?.state === "rejected" && !isBuiltOn(state, tracked.commit.name);
      return { row: isOver ? decideDiscard([tracked]) : undefined, result: undefined };
    });
  }

  /** The caller of a commit waits no more: its rejection is told like any other's, at once if it came. */
  release(versionstamp: Versionstamp): void {
    this.#released.add(versionstamp);
    const tracked = findTracked(this.#its.ledger.state, versionstamp);
    if (tracked?.state === "rejected") this.#tellOf(namesOf([tracked]));
  }

  /** The commits of `tracked` whose callers wait for the ruling and are told by their calls. */
  async awaitedAmong(tracked: readonly TrackedCommit[]): Promise<ReadonlySet<TrackedCommit>> {
    const { host, database, locks } = this.#its;
    const awaited = tracked.filter((one) => one.awaited === true);
    const isOwn = ({ commit }: TrackedCommit): boolean => commit.name.host === host;
    const { held = [] } = awaited.every(isOwn) ? {} : await locks.query();
    const alive = new Set(held.map(({ name }) => name));
    return new Set(
      awaited.filter((one) =>
        isOwn(one)
          ? !this.#released.has(one.versionstamp)
          : alive.has(hostLockName(database, one.commit.name.host)),
      ),
    );
  }

  /** Tells the tab of rejected groups that its app was asked about and left. */
  async tell(ids: readonly string[]): Promise<void> {
    const { ledger, readClock, emit } = this.#its;
    const groups = await ledger.read(false, (state, pages) =>
      rejectedGroups(state)
        .filter(({ id }) => ids.includes(id))
        .map((group) => describeGroup(state, pages, group, readClock())),
    );
    if (groups.length > 0) emit({ type: "rejected", groups });
  }

  #tellOf(rejected: ReadonlySet<string>): void {
    if (rejected.size === 0) return;
    this.#known = new Set([...this.#known, ...rejected]);
    this.#its.teller.tell(() => this.#tellRejected(rejected));
  }

  async #tellRejected(rejected: ReadonlySet<string>): Promise<void> {
    const { ledger, asksApp } = this.#its;
    const news = [...ledger.state.tracked].flatMap(([name, tracked]) =>
      rejected.has(name) ? [tracked] : [],
    );
    const awaited = await this.awaitedAmong(news);
    const told = namesOf(news.filter((one) => !awaited.has(one)));
    const ids = await ledger.read(false, (state, pages) =>
      rejectedGroups(state)
        .filter(({ commits }) => commits.some(({ commit }) => told.has(nameKey(commit.name))))
        .filter((group) => !asksApp || conflictsOf(state, pages, group) === undefined)
        .map(({ id }) => id),
    );
    await this.tell(ids);
  }
}

const rejectedIn = (state: ReplicaState): ReadonlySet<string> =>
  state.rejectedCount === 0
    ? new Set()
    : namesOf([...state.tracked.values()].filter((tracked) => tracked.state === "rejected"));

/** A versionstamp may be of several: the parts of one commit that was divided share its own. */
const namesOf = (commits: readonly TrackedCommit[]): ReadonlySet<string> =>
  new Set(commits.map(({ commit }) => nameKey(commit.name)));

export const mustFindGroup = (state: ReplicaState, id: string): RejectedCommits => {
  const group = rejectedGroups(state).find((candidate) => candidate.id === id);
  if (group === undefined) {
    throw new KvError(
      "not-found",
      `no rejected commits wait under "${id}"; they were retried or discarded already`,
    );
  }
  return group;
};
