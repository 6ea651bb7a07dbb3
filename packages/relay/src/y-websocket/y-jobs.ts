/**
 * What a stock client has sent and was not dealt with yet, in order: updates that may become one commit,
 * and questions. How much of it waits is bounded by not reading from the socket while it is full.
 */
import { mergeInGroups } from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";
import * as Y from "yjs";
import { readUpdate, subdocumentsMax } from "../yjs-update.ts";

export type Job =
  /** Asks for what a document with this state vector lacks. */
  | { readonly type: "answer"; readonly stateVector: Uint8Array }
  /** `isWhole`: it is all that the client has and the relay had not. */
  | { readonly type: "merge"; readonly update: Uint8Array; readonly isWhole: boolean };

export class YJobs {
  readonly #limits: RelayLimits;
  #jobs: Job[] = [];
  #bytes = 0;

  constructor(limits: RelayLimits) {
    this.#limits = limits;
  }

  /** True when as much waits as one commit may hold. */
  get isFull(): boolean {
    return this.#bytes > this.#limits.valueBytesMax || this.#jobs.length > this.#limits.pushCommitsMax;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    this.#bytes += bytesOf(job);
  }

  /** It is the next one again. */
  putBack(job: Job): void {
    this.#jobs.unshift(job);
    this.#bytes += bytesOf(job);
  }

  clear(): void {
    this.#jobs = [];
    this.#bytes = 0;
  }

  /** The next: updates together, as far as a commit may hold them; of questions in a row the last. */
  take(): Job | undefined {
    const [first] = this.#jobs;
    if (first === undefined) return undefined;
    let [count, bytes, subdocuments] = [0, 0, 0];
    for (const job of this.#jobs) {
      if (count > 0 && !areAlike(first, job)) break;
      bytes += bytesOf(job);
      subdocuments += subdocumentsOf(job);
      if (count > 0 && (bytes > this.#limits.valueBytesMax || subdocuments > subdocumentsMax)) break;
      count++;
    }
    const taken = this.#jobs.splice(0, count);
    for (const job of taken) this.#bytes -= bytesOf(job);
    if (first.type === "answer") return taken.at(-1);
    const updates = taken.filter((job) => job.type === "merge").map(({ update }) => update);
    return updates.length === 1 ? first : { ...first, update: mergeInGroups(updates, Y.mergeUpdates) };
  }
}

const bytesOf = (job: Job): number => (job.type === "answer" ? job.stateVector : job.update).length;

const areAlike = (one: Job, other: Job): boolean =>
  one.type === "answer" ? other.type === "answer" : other.type === "merge" && !one.isWhole && !other.isWhole;

/** In an update; more than any of what is no update, which joins no other. */
const subdocumentsOf = (job: Job): number =>
  job.type === "answer" ? 0 : (readUpdate(job.update)?.subdocuments ?? Infinity);
