/**
 * Answers a tab's requests in the order they were made. Reads side by side share one look at the
 * log, commits side by side share a row; a read waits for the commits before it, and a commit for
 * the reads before it.
 */
import { packError } from "@rockpool/model";
import { isPresent, listEntries, type Pages, type ReplicaState, viewOf } from "@rockpool/replica";
import type { Committer } from "./committer.ts";
import type { HostAnswer, HostRequest, TransportEntry } from "./host-api.ts";
import type { Ledger } from "./ledger.ts";
import { fromTransportMutation, toTransportEntry } from "./transport.ts";

export interface RequestsOptions {
  readonly ledger: Ledger;
  readonly committer: Committer;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  /** Whether commits must survive a power cut. */
  readonly strict: boolean;
  /** @throws KvError "closed" */
  readonly assertOpen: () => void;
}

type CommitAsk = Extract<HostRequest, { type: "commit" }>;
type ReadAsk = Exclude<HostRequest, CommitAsk>;

export class Requests {
  readonly #its: RequestsOptions;
  /** Settles with the reads under way; undefined when there are none. */
  #reading: Promise<void> | undefined;

  constructor(its: RequestsOptions) {
    this.#its = its;
  }

  /** One answer for each request, in order; a failure is an answer too. */
  async answer(requests: readonly HostRequest[]): Promise<readonly HostAnswer[]> {
    const answers: Promise<HostAnswer[]>[] = [];
    for (let from = 0; from < requests.length;) {
      const reads = readsFrom(requests, from);
      answers.push(reads.length > 0 ? this.#read(reads) : this.#commit(requests[from] as CommitAsk));
      from += Math.max(1, reads.length);
    }
    return (await Promise.all(answers)).flat();
  }

  async #commit({ checks, mutations }: CommitAsk): Promise<HostAnswer[]> {
    const { committer, readClock, strict, assertOpen } = this.#its;
    try {
      assertOpen();
      const nowMs = readClock();
      const asked = {
        checks,
        mutations: mutations.map((mutation) => fromTransportMutation(mutation, nowMs)),
      };
      return [{ type: "committed", versionstamp: await committer.commit(asked, strict, this.#reading) }];
    } catch (error) {
      return [{ type: "error", error: packError(error) }];
    }
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
        reads.map((read): HostAnswer => ({ type: "entries", entries: entriesOf(state, pages, read, nowMs) })),
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
    if (request.type === "commit" || (reads[0] !== undefined && request.strong !== reads[0].strong)) break;
    reads.push(request);
  }
  return reads;
};

const entriesOf = (
  state: ReplicaState,
  pages: Pages,
  read: ReadAsk,
  nowMs: number,
): readonly TransportEntry[] => {
  if (read.type === "read") {
    return read.keys.map((key) => toTransportEntry(state, key, viewOf(state, pages, key), nowMs));
  }
  const { range, limit, reverse } = read;
  const listed = listEntries(state, pages, range, limit, reverse, (view) => isPresent(view, nowMs));
  return listed.map(({ key, view }) => toTransportEntry(state, key, view, nowMs));
};
