/**
 * The tab's side of the line to its host: requests of one turn travel together, and no call hangs
 * when the host is gone. A host's end is learnt from its own Web Lock, or from unanswered pings.
 */
import type {
  FeedRequest,
  HostAnswer,
  HostApi,
  HostCallResults,
  HostCalls,
  HostRequest,
  Outcome,
} from "@rockpool/host";
import { KvError, unpackError } from "@rockpool/model";
import { within } from "./within.ts";

const pingEveryMs = 10_000;
/**
 * Pings in a row without an answer after which calls are given up: 30 s. Pings are counted, not the
 * time, which passes while a tab sleeps.
 */
const unansweredMax = 3;
/** Longest wait for a host to close, in ms: longer than its log lets a transaction live. */
const closeMsMax = 30_000;

interface WaitingRequest {
  readonly request: HostRequest;
  readonly resolve: (answer: HostAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class HostConnection {
  readonly #api: HostApi;
  readonly #bucket: string;
  readonly #closing = new AbortController();
  /** Rejects each call under way. */
  readonly #rejections = new Set<(error: KvError) => void>();
  #turn: WaitingRequest[] = [];
  #ended: KvError | undefined;
  #pings: ReturnType<typeof setInterval> | undefined;
  #unanswered = 0;
  /** Hears of the host's end; not of `close`. */
  onEnd: ((error: KvError) => void) | null = null;

  constructor(api: HostApi, bucket: string) {
    this.#api = api;
    this.#bucket = bucket;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborted by the end, with the KvError that says how it came. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws KvError that says how it ended, once it has */
  assertOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** Learns of the host's end: `lock` is held by the host as long as it lives. */
  watch(lock: string, locks: Pick<LockManager, "request">): void {
    locks
      .request(lock, { mode: "shared", signal: this.#closing.signal }, () => this.#end("its worker ended"))
      .catch(() => {
        // Closing aborts the wait; there is nobody left to tell.
      });
  }

  /** Sends a request with the others of this turn. `signal` ends the wait for its answer. */
  request(request: HostRequest, signal?: AbortSignal): Promise<HostAnswer> {
    return untilAborted(signal, () => this.#request(request));
  }

  #request(request: HostRequest): Promise<HostAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const answer = new Promise<HostAnswer>((resolve, reject) => {
      if (this.#turn.push({ request, resolve, reject }) === 1) queueMicrotask(() => this.#sendTurn());
    });
    return answer.then(throwError);
  }

  /** Makes a call that may wait long. `signal` ends the wait, not what was asked for. */
  async call<K extends keyof HostCalls>(
    type: K,
    argument: HostCalls[K],
    signal?: AbortSignal,
  ): Promise<HostCallResults[K]> {
    return unwrap(await untilAborted(signal, () => this.#guard(() => this.#api.call(type, argument))));
  }

  openFeed(id: number, request: FeedRequest): Promise<void> {
    return this.#guard(() => this.#api.openFeed(id, request));
  }

  /** Asks for a feed's next item, which comes as an event. */
  pullFeed(id: number): void {
    if (this.#ended === undefined) this.#guard(() => this.#api.pullFeed(id)).catch(ignoreAfterEnd);
  }

  closeFeed(id: number): void {
    if (this.#ended === undefined) this.#guard(() => this.#api.closeFeed(id)).catch(ignoreAfterEnd);
  }

  /** The host cannot go on, and says why: every call fails so from now on. Lets it finish. */
  async fail(error: KvError): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#finish(error);
    this.onEnd?.(error);
    await this.#closeHost();
  }

  /** Fails what is under way with `closed`, and lets the host finish. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#sendTurn();
    this.#finish(closedError(this.#bucket));
    await this.#closeHost();
  }

  /**
   * Lets the host finish: a worker that is terminated before its database is closed can wedge it. A
   * host that is gone never answers, so the wait is bounded by what a transaction may take.
   */
  async #closeHost(): Promise<void> {
    const late = new Error(`the host did not close in ${closeMsMax} ms`);
    try {
      await within(this.#api.close(), closeMsMax, () => late);
    } catch (error) {
      // Who asked it to close needs nothing more of it.
      if (error !== late) throw error;
    }
  }

  #sendTurn(): void {
    const turn = this.#turn;
    this.#turn = [];
    for (const part of partsOf(turn)) this.#send(part);
  }

  #send(part: readonly WaitingRequest[]): void {
    this.#guard(() => this.#api.batch(part.map(({ request }) => request))).then(
      (answers) => {
        for (const [index, { resolve }] of part.entries()) resolve(answers[index] as HostAnswer);
      },
      (error: unknown) => {
        for (const { reject } of part) reject(error);
      },
    );
  }

  /** Settles with the call, or with the host's end. */
  #guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#rejections.add(reject);
      this.#ping();
      const done = (): void => {
        this.#rejections.delete(reject);
        this.#unanswered = 0;
        if (this.#rejections.size === 0) this.#stopPings();
      };
      call().then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error);
        },
      );
    });
  }

  /** While a call waits, asks now and then whether the host is alive. */
  #ping(): void {
    if (this.#pings !== undefined) return;
    this.#unanswered = 0;
    this.#pings = setInterval(() => {
      if (this.#unanswered >= unansweredMax) return this.#end("its worker answered no ping");
      this.#unanswered++;
      this.#api.batch([]).then(() => {
        this.#unanswered = 0;
      }, ignoreAfterEnd);
    }, pingEveryMs);
  }

  #stopPings(): void {
    clearInterval(this.#pings);
    this.#pings = undefined;
  }

  #end(why: string): void {
    const message = `the host of bucket "${this.#bucket}" is gone (${why}) and what it was asked may or may not have taken effect; open the bucket again and look`;
    const error = new KvError("outcome-unknown", message);
    this.#finish(error);
    this.onEnd?.(error);
  }

  #finish(error: KvError): void {
    this.#ended ??= error;
    this.#stopPings();
    this.#closing.abort(this.#ended);
    for (const reject of this.#rejections) reject(error);
    this.#rejections.clear();
    for (const { reject } of this.#turn) reject(error);
    this.#turn = [];
  }
}

/** The answers to a call come together, so requests that may wait for the relay travel apart from the others. */
const partsOf = (turn: readonly WaitingRequest[]): readonly (readonly WaitingRequest[])[] => {
  const parts: WaitingRequest[][] = [];
  let isLastSlow: boolean | undefined;
  for (const waiting of turn) {
    const { request } = waiting;
    const isSlow = "confirm" in request && request.confirm === "relay";
    if (isSlow === isLastSlow) parts.at(-1)?.push(waiting);
    else parts.push([waiting]);
    isLastSlow = isSlow;
  }
  return parts;
};

export const closedError = (bucket: string): KvError =>
  new KvError("closed", `the bucket "${bucket}" is closed; open it again with openKv`);

export const unwrap = <T>(outcome: Outcome<T>): T => {
  if (outcome.ok) return outcome.value;
  throw unpackError(outcome.error);
};

/** Rejects with the signal's reason when it aborts; one that is aborted already sends nothing. */
export const untilAborted = <T>(signal: AbortSignal | undefined, send: () => Promise<T>): Promise<T> => {
  if (signal === undefined) return send();
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    send()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
};

const throwError = (answer: HostAnswer): HostAnswer => {
  if (answer.type === "error") throw unpackError(answer.error);
  return answer;
};

const ignoreAfterEnd = (): void => {
  // The host's end was told to every call by its own rejection.
};
