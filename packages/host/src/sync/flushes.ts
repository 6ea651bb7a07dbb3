/**
 * Flushes under way: each waits until what was pending at its call is ruled and this device shows
 * what the relay had then, which it learns by a probe of the relay's head.
 */
import { KvError } from "@rockpool/model";
import type { ReplicaState } from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import type { Ledger } from "../ledger.ts";

interface Flush {
  /** Commits that were pending at the call, by name. */
  readonly pending: ReadonlySet<string>;
  /** The relay's head after the call, once known, in the epoch that the replica was in by then. */
  head: number | undefined;
  epoch: string | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface FlushesOptions {
  readonly ledger: Ledger;
  readonly environment: Pick<HostEnvironment, "setTimer">;
  readonly host: string;
  /** Asks whoever carries the session for the relay's head. */
  readonly probe: (id: number) => void;
}

/** How often an unanswered probe is repeated, in ms. */
const probeEveryMs = 1000;

export class Flushes {
  readonly #options: FlushesOptions;
  readonly #flushById = new Map<number, Flush>();
  #nextId: number;
  #cancelAsking: (() => void) | undefined;
  #closed = false;

  constructor(options: FlushesOptions) {
    this.#options = options;
    // Ids are told apart between hosts by the first digits of the host's id.
    this.#nextId = Number.parseInt(options.host.slice(0, 6), 16) * 0x100_0000 + 1;
  }

  /** @throws KvError "offline" when there is no relay or syncing is paused; "closed" */
  add(): Promise<void> {
    if (this.#closed) throw closedError();
    const { state } = this.#options.ledger;
    if (state.replica === null) {
      throw new KvError("offline", "the bucket has no relay to flush to; open it with the option relay");
    }
    if (state.session.paused) {
      throw new KvError("offline", "syncing is paused on this device; call sync.resume() first");
    }
    const pending = new Set(state.unruled.keys());
    return new Promise((resolve, reject) => {
      this.#flushById.set(this.#nextId++, { pending, head: undefined, epoch: null, resolve, reject });
      this.ask();
    });
  }

  /** Asks for the head on behalf of every flush that knows none, again and again until it is told. */
  ask(): void {
    this.#cancelAsking?.();
    this.#cancelAsking = undefined;
    const asking = [...this.#flushById].filter(([, { head }]) => head === undefined);
    if (asking.length === 0) return;
    for (const [id] of asking) this.#options.probe(id);
    this.#cancelAsking = this.#options.environment.setTimer(() => this.ask(), probeEveryMs);
  }

  /** The relay had reached `head` after the probe of this id was sent. */
  onHead(id: number, head: number): void {
    const flush = this.#flushById.get(id);
    if (flush === undefined) return;
    flush.head ??= head;
    flush.epoch = this.#options.ledger.state.session.epoch;
    this.onRow();
  }

  /** The replica's state moved. */
  onRow(): void {
    const { state } = this.#options.ledger;
    if (this.#forgetHeads(state.session.epoch)) this.ask();
    for (const [id, flush] of this.#flushById) {
      const isDone = isFlushed(state, flush);
      if (!isDone && !state.session.paused) continue;
      this.#flushById.delete(id);
      if (isDone) flush.resolve();
      else flush.reject(new KvError("offline", "syncing was paused before everything was synced"));
    }
  }

  /** A relay that was put back may never reach the head of its past; true when one is forgotten. */
  #forgetHeads(epoch: string | null): boolean {
    const gone = [...this.#flushById.values()].filter(
      (flush) => flush.head !== undefined && flush.epoch !== epoch,
    );
    for (const flush of gone) flush.head = undefined;
    return gone.length > 0;
  }

  close(): void {
    this.#closed = true;
    this.#cancelAsking?.();
    for (const { reject } of this.#flushById.values()) reject(closedError());
    this.#flushById.clear();
  }
}

const closedError = (): KvError =>
  new KvError("closed", "the bucket was closed before everything was synced");

const isFlushed = (state: ReplicaState, { head, pending }: Flush): boolean =>
  head !== undefined &&
  !state.session.fillDue &&
  state.session.revealed >= head &&
  ![...pending].some((name) => state.unruled.has(name));
