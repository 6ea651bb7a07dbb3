/**
 * Has the app decide on rejected groups in conflict, where its tab has a function for that. One tab at a
 * time asks its app, by a lock that is held for a round; a tab that hangs in one is passed over. Two
 * that ask all the same do no harm: a decision on a group that is gone is none, and retries have
 * derived names.
 */
import { KvError, type PackedKey, unpackError, type Value } from "@rockpool/model";
import {
  conflictsOf,
  decideRetry,
  isPresent,
  type Pages,
  type RejectedCommits,
  rejectedGroups,
  type ReplicaState,
} from "@rockpool/replica";
import { type Decisions, mustFindGroup } from "./decisions.ts";
import type { HostEnvironment } from "../environment.ts";
import type { HostEvent } from "../host-api.ts";
import type { TransportConflictGroup, TransportResolution } from "../ruling-api.ts";
import type { Ledger } from "../ledger.ts";
import { fromTransportMutation, toTransportEntry, toTransportValue } from "../transport.ts";

export interface ConflictsOptions {
  readonly ledger: Ledger;
  readonly environment: Pick<HostEnvironment, "locks" | "setTimer">;
  readonly database: string;
  readonly decisions: Decisions;
  readonly readClock: () => number;
  readonly emit: (event: HostEvent) => void;
  /** The app's function failed, or storage did. */
  readonly onFailure: (error: unknown) => void;
  /** The app left these groups in the list. */
  readonly onUndecided: (ids: readonly string[]) => void;
}

/** Longest wait for the app's answer, in ms; one that comes later still counts. */
const answerMsMax = 10_000;
/** How long a message takes to another tab, in ms, about: who hears it later asks once more, which does no harm. */
const tellMs = 100;
/** How long another tab's round is waited for, in ms, before its lock is taken. */
const roundMsMax = 3 * answerMsMax;

export class Conflicts {
  readonly #its: ConflictsOptions;
  readonly #closing = new AbortController();
  /** Groups that the app was asked about and left, by what they were then. */
  readonly #undecided = new Set<string>();
  #round = 0;
  #onAnswer: (() => void) | undefined;
  #isRunning = false;
  #isDue = false;

  constructor(its: ConflictsOptions) {
    this.#its = its;
  }

  /** There may be groups that nobody was asked about. */
  look(): void {
    this.#isDue = true;
    if (this.#isRunning || this.#its.ledger.state.rejectedCount === 0) return;
    this.#isRunning = true;
    this.#run()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#its.onFailure(error);
      })
      .finally(() => {
        this.#isRunning = false;
        if (this.#isDue && !this.#closing.signal.aborted) this.look();
      });
  }

  /** Carries out what the app decided. */
  async resolve(round: number, resolutions: readonly TransportResolution[]): Promise<undefined> {
    try {
      const left: string[] = [];
      for (const resolution of resolutions) {
        if (resolution.type !== "leave") {
          await this.#decide(resolution);
          continue;
        }
        left.push(resolution.id);
        if (resolution.error !== undefined) this.#its.onFailure(unpackError(resolution.error));
      }
      if (left.length > 0) {
        this.#its.onUndecided(left);
        await this.leave(left);
        // The next tab is to hear of it before it asks its app the same.
        await this.#sleep(tellMs);
      }
    } finally {
      if (round === this.#round) this.#onAnswer?.();
    }
  }

  /** The app was asked about these groups, here or in another tab, and left them: they are told of. */
  async leave(ids: readonly string[]): Promise<void> {
    const groups = rejectedGroups(this.#its.ledger.state).filter(({ id }) => ids.includes(id));
    for (const group of groups) this.#undecided.add(signatureOf(group));
    await this.#its.decisions.tell(ids);
  }

  close(): void {
    this.#closing.abort();
    this.#onAnswer?.();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        resolve();
      };
      const cancel = this.#its.environment.setTimer(done, ms);
      this.#closing.signal.addEventListener("abort", done, { once: true });
    });
  }

  async #run(): Promise<void> {
    while (this.#isDue && !this.#closing.signal.aborted) {
      this.#isDue = false;
      await this.#exclusively(() => this.#ask());
    }
  }

  /** Runs `work` while no other tab does, unless one takes too long. */
  async #exclusively(work: () => Promise<void>): Promise<void> {
    const { locks, setTimer } = this.#its.environment;
    const name = `rockpool:conflicts:${this.#its.database}`;
    const waiting = new AbortController();
    const stop = (): void => waiting.abort();
    this.#closing.signal.addEventListener("abort", stop, { once: true });
    const cancel = setTimer(stop, roundMsMax);
    try {
      await locks.request(name, { signal: waiting.signal }, async () => {
        cancel();
        await work();
      });
    } catch (error) {
      if (this.#closing.signal.aborted || !isAbort(error)) throw error;
      // Taken by another tab while it was held here: that one goes on.
      if (!waiting.signal.aborted) return;
      await locks.request(name, { steal: true }, work);
    } finally {
      cancel();
      this.#closing.signal.removeEventListener("abort", stop);
    }
  }

  async #ask(): Promise<void> {
    const { environment, emit } = this.#its;
    const groups = await this.#groups();
    if (groups.length === 0 || this.#closing.signal.aborted) return;
    const round = ++this.#round;
    await new Promise<void>((resolve) => {
      const cancel = environment.setTimer(resolve, answerMsMax);
      this.#onAnswer = () => {
        cancel();
        resolve();
      };
      emit({ type: "conflicts", round, groups });
    });
  }

  async #groups(): Promise<readonly TransportConflictGroup[]> {
    const { ledger, decisions, readClock } = this.#its;
    await ledger.catchUp();
    const rejected = rejectedGroups(ledger.state).flatMap(({ commits }) => commits);
    const awaited = await decisions.awaitedAmong(rejected);
    return ledger.read(true, (state, pages) =>
      rejectedGroups(state).flatMap((group): TransportConflictGroup[] => {
        if (this.#undecided.has(signatureOf(group)) || group.commits.some((one) => awaited.has(one))) {
          return [];
        }
        const described = describeConflicts(state, pages, group, readClock());
        return described === undefined ? [] : [described];
      }),
    );
  }

  async #decide(resolution: Exclude<TransportResolution, { type: "leave" }>): Promise<void> {
    const { ledger, decisions, readClock } = this.#its;
    const { id } = resolution;
    try {
      if (resolution.type === "discard") return void (await decisions.discard(id));
      const values = new Map<PackedKey, Value>();
      for (const { key, value } of resolution.values) {
        const set = fromTransportMutation({ type: "set", key, value }, 0, ledger.state.settings);
        if (set.type === "set") values.set(key, set.value);
      }
      await ledger.append((state, pages) => {
        const group = mustFindGroup(state, id);
        return {
          row: decideRetry(state, pages, group, { readingMs: readClock() }, values),
          result: undefined,
        };
      });
    } catch (error) {
      // Somebody else decided on it meanwhile.
      if (!(error instanceof KvError && error.code === "not-found")) throw error;
    }
  }
}

/** A group that others join is another to decide on. */
const signatureOf = ({ id, commits }: RejectedCommits): string => `${id} ${commits.length}`;

const describeConflicts = (
  state: ReplicaState,
  pages: Pages,
  group: RejectedCommits,
  nowMs: number,
): TransportConflictGroup | undefined => {
  const conflicts = conflictsOf(state, pages, group)?.map(({ key, mine, theirs, base }) => ({
    key,
    mine: mine && toTransportValue(mine),
    theirs: toTransportEntry(state, key, theirs, nowMs),
    ...(base?.value !== undefined && isPresent(base, nowMs) ? { base: toTransportValue(base.value) } : {}),
  }));
  return conflicts && { id: group.id, conflicts };
};

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";
