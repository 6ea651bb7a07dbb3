/**
 * Answers a tab's requests in the order they were made. Reads side by side share one look at the
 * log, commits side by side share a row; a read waits for the commits before it, and a commit for
 * the reads before it.
 */
import { checkCommitLimits, packError, zeroVersionstamp } from "@rockpool/model";
import {
  countKeys,
  type EntryView,
  historyOf,
  isPresent,
  type ListedEntry,
  listEntries,
  type Pages,
  type ReplicaState,
  viewOf,
} from "@rockpool/replica";
import type { Committer } from "./committer.ts";
import type { HostAnswer, HostOpenOptions, HostRequest } from "./host-api.ts";
import type { Ledger } from "./ledger.ts";
import type { Confirmations } from "./sync/confirmations.ts";
import { fromTransportMutation, toTransportEntry, toTransportVersion } from "./transport.ts";

export interface RequestsOptions {
  readonly ledger: Ledger;
  readonly committer: Committer;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  readonly options: Pick<HostOpenOptions, "durability" | "conflict">;
  /** @throws KvError "closed" */
  readonly assertOpen: () => void;
  readonly confirmations: Pick<Confirmations, "sessionInMaking" | "assertLive">;
}

type WriteAsk = Extract<HostRequest, { type: "commit" | "delete" }>;
type CommitAsk = Extract<WriteAsk, { type: "commit" }>;
type ReadAsk = Exclude<HostRequest, WriteAsk>;

/** Keys of a range that one request counts, those included that are deleted: some 128 pages. */
const countVisitsMax = 8192;

export class Requests {
  readonly #its: RequestsOptions;
  /** Settles with the reads under way; undefined when there are none. */
  #reading: Promise<void> | undefined;

  /** Whether commits must survive a power cut. */
  readonly #strict: boolean;
  /** Each set and delete is checked against the entry it was written over. */
  readonly #byRevision: boolean;

  constructor(its: RequestsOptions) {
    this.#its = its;
    this.#strict = its.options.durability === "strict";
    this.#byRevision = its.options.conflict === "revision";
  }

  /** One answer for each request, in order; a failure is an answer too. */
  async answer(requests: readonly HostRequest[]): Promise<readonly HostAnswer[]> {
    const answers: Promise<HostAnswer[]>[] = [];
    for (let from = 0; from < requests.length;) {
      const reads = readsFrom(requests, from);
      answers.push(reads.length > 0 ? this.#read(reads) : this.#write(requests[from] as WriteAsk));
      from += Math.max(1, reads.length);
    }
    return (await Promise.all(answers)).flat();
  }

  async #write(ask: WriteAsk): Promise<HostAnswer[]> {
    const { committer, assertOpen, confirmations } = this.#its;
    try {
      assertOpen();
      let asked = ask;
      if (ask.confirm === "relay") {
        // Only where one is being made: what was asked for in a turn is done in its order.
        const making = confirmations.sessionInMaking();
        if (making !== undefined) [asked] = await Promise.all([this.#asSeenNow(ask), making]);
        assertOpen();
        confirmations.assertLive();
      }
      if (asked.type === "commit") return [await this.#commit(asked)];
      const policy = { byRevision: this.#byRevision, awaited: asked.confirm === "relay" };
      const piece = await committer.deleteRange(asked.range, policy, this.#strict, this.#reading);
      return [{ type: "deleted", ...piece }];
    } catch (error) {
      return [{ type: "error", error: packError(error) }];
    }
  }

  /** A session brings what others wrote: a set or delete that is checked is one of the entry in view before. */
  async #asSeenNow(ask: WriteAsk): Promise<WriteAsk> {
    if (!this.#byRevision || ask.type !== "commit") return ask;
    const { ledger, committer, readClock } = this.#its;
    await committer.settled();
    const nowMs = readClock();
    const checked = new Set(ask.checks.map(({ key }) => key));
    const seen = await ledger.read(false, (state, pages) =>
      ask.mutations
        .filter(({ type, key }) => (type === "set" || type === "delete") && !checked.has(key))
        .map(({ key }) => {
          const view = viewOf(state, pages, key);
          return { key, versionstamp: isPresent(view, nowMs) ? view.versionstamp : null };
        }),
    );
    return { ...ask, checks: [...ask.checks, ...seen] };
  }

  async #commit({ checks, mutations, confirm }: CommitAsk): Promise<HostAnswer> {
    const { ledger, committer, readClock } = this.#its;
    const nowMs = readClock();
    const { settings } = ledger.state;
    const asked = {
      checks,
      byRevision: this.#byRevision,
      awaited: confirm === "relay",
      mutations: mutations.map((mutation) => fromTransportMutation(mutation, nowMs, settings)),
    };
    checkCommitLimits(checks, asked.mutations);
    return { type: "committed", versionstamp: await committer.commit(asked, this.#strict, this.#reading) };
  }

  #read(reads: readonly ReadAsk[]): Promise<HostAnswer[]> {
    const answers = this.#look(reads);
    const reading = Promise.all([this.#reading, answers]).then(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return answers;
  }

  async #look(reads: readonly ReadAsk[]): Promise<HostAnswer[]> {
    const { ledger, committer, readClock, assertOpen } = this.#its;
    try {
      assertOpen();
      await committer.settled();
      const nowMs = readClock();
      return await ledger.read(reads[0]?.strong === true, (state, pages) =>
        reads.map((read) => answerOf(state, pages, read, nowMs)),
      );
    } catch (error) {
      return reads.map(() => ({ type: "error", error: packError(error) }));
    }
  }
}

/** The reads that stand side by side from an index on, of one consistency. */
const readsFrom = (requests: readonly HostRequest[], from: number): readonly ReadAsk[] => {
  const reads: ReadAsk[] = [];
  for (let index = from; index < requests.length; index++) {
    const request = requests[index] as HostRequest;
    if (isWrite(request) || (reads[0] !== undefined && request.strong !== reads[0].strong)) break;
    reads.push(request);
  }
  return reads;
};

const isWrite = (request: HostRequest): request is WriteAsk =>
  request.type === "commit" || request.type === "delete";

const answerOf = (state: ReplicaState, pages: Pages, read: ReadAsk, nowMs: number): HostAnswer => {
  switch (read.type) {
    case "read":
      return {
        type: "entries",
        entries: read.keys.map((key) => toTransportEntry(state, key, viewOf(state, pages, key), nowMs)),
      };
    case "version": {
      const { key, versionstamp } = read;
      const found = historyOf(state, pages, key).find((version) => version.versionstamp === versionstamp);
      return { type: "entries", entries: [toTransportEntry(state, key, found ?? noVersion, nowMs)] };
    }
    case "history": {
      const versions = historyOf(state, pages, read.key).slice(-read.limit);
      return { type: "versions", versions: versions.map(toTransportVersion) };
    }
    case "list":
      return {
        type: "entries",
        entries: listed(state, pages, read, nowMs).map(({ key, view }) =>
          toTransportEntry(state, key, view, nowMs),
        ),
      };
    case "keys":
      return { type: "keys", keys: listed(state, pages, read, nowMs).map(({ key }) => key) };
    case "count":
      return { type: "counted", ...countKeys(state, pages, read.range, nowMs, countVisitsMax) };
  }
};

const noVersion: EntryView = {
  value: undefined,
  expireAt: undefined,
  revision: undefined,
  versionstamp: zeroVersionstamp,
  lastWriter: undefined,
};

const listed = (
  state: ReplicaState,
  pages: Pages,
  { range, limit, reverse }: Extract<ReadAsk, { type: "list" | "keys" }>,
  nowMs: number,
): readonly ListedEntry[] =>
  listEntries(state, pages, range, limit, reverse, (view) => isPresent(view, nowMs));
