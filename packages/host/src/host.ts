/**
 * A host: one tab's replica at work. Composes the ledger, group commit, feeds, tabs, checkpoints and
 * the session, and answers its tab's requests in the order they were made.
 */
import { type HostId, KvError, packError, type Versionstamp } from "@rockpool/model";
import type { Log, PlacedRow } from "@rockpool/log";
import {
  type CheckpointLimits,
  checkpointLimits,
  type ReplicaState,
  type RowEffect,
} from "@rockpool/replica";
import { Checkpointer, tailBytesDefault, tailEntriesDefault } from "./checkpointer.ts";
import { Committer } from "./committer.ts";
import { Decisions } from "./decisions.ts";
import type { HostEnvironment } from "./environment.ts";
import { Feeds } from "./feeds.ts";
import type {
  FeedRequest,
  HostAnswer,
  HostCallResults,
  HostCalls,
  HostEvent,
  HostOpenOptions,
  HostRequest,
} from "./host-api.ts";
import { Ledger, type LedgerListener } from "./ledger.ts";
import { Requests } from "./requests.ts";
import { SyncControl } from "./sync-control.ts";
import { hostLockName } from "./tabs.ts";
import { toTransportEntry } from "./transport.ts";

export interface HostSettings {
  readonly limits?: CheckpointLimits;
  readonly tailEntries?: number;
  readonly tailBytes?: number;
}

export class Host {
  readonly lock: string;
  readonly #environment: HostEnvironment;
  readonly #log: Log;
  readonly #ledger: Ledger;
  readonly #committer: Committer;
  readonly #requests: Requests;
  readonly #feeds: Feeds;
  readonly #checkpointer: Checkpointer;
  readonly #sync: SyncControl;
  readonly #decisions: Decisions;
  readonly #options: HostOpenOptions;
  readonly #emit: (event: HostEvent) => void;
  readonly #closeFeedById = new Map<number, () => void>();
  #closed = false;

  /** Opens a bucket on its log; the host owns the log from here on. */
  static async open(
    log: Log,
    environment: HostEnvironment,
    options: HostOpenOptions,
    emit: (event: HostEvent) => void,
    settings: HostSettings = {},
  ): Promise<Host> {
    // Rows may be told of before the parts that listen are there: they are made of the ledger.
    const relay: { to?: LedgerListener } = {};
    const listener: LedgerListener = {
      onRow: (row, effect, state) => relay.to?.onRow(row, effect, state),
      onGap: (since) => relay.to?.onGap(since),
    };
    const { ledger, rows } = await Ledger.open(log, listener, environment.now);
    const host = new Host(log, ledger, environment, options, emit, settings);
    relay.to = host;
    for (const row of rows) host.#checkpointer.onRow(row);
    try {
      await host.#sync.start();
    } catch (error) {
      await host.close();
      throw error;
    }
    return host;
  }

  private constructor(
    log: Log,
    ledger: Ledger,
    environment: HostEnvironment,
    options: HostOpenOptions,
    emit: (event: HostEvent) => void,
    settings: HostSettings,
  ) {
    const id: HostId = environment.drawId();
    this.lock = hostLockName(options.database, id);
    this.#environment = environment;
    this.#log = log;
    this.#ledger = ledger;
    this.#options = options;
    this.#emit = emit;
    const readClock = (): number => this.#readClock();
    this.#committer = new Committer({ ledger, host: id, drawId: environment.drawId, readClock });
    this.#requests = new Requests({
      ledger,
      committer: this.#committer,
      readClock,
      strict: options.durability === "strict",
      assertOpen: () => this.#assertOpen(),
    });
    this.#feeds = new Feeds(ledger, readClock);
    this.#decisions = new Decisions(ledger, readClock, emit);
    this.#sync = new SyncControl({
      host: id,
      ledger,
      environment,
      options,
      emit,
      readClock,
      onFailure: (error) => this.#onFailure(error),
    });
    this.#checkpointer = new Checkpointer({
      log,
      ledger,
      environment,
      limits: settings.limits ?? checkpointLimits,
      tailEntries: settings.tailEntries ?? tailEntriesDefault,
      tailBytes: settings.tailBytes ?? tailBytesDefault,
      onFailure: (error) => this.#onFailure(error),
    });
  }

  /** Hears of each row, in order. */
  onRow(row: PlacedRow, effect: RowEffect): void {
    this.#feeds.onRow(effect);
    this.#checkpointer.onRow(row);
    this.#decisions.onRow(effect);
    this.#sync.onRow();
  }

  onGap(since: Versionstamp): void {
    this.#feeds.onGap(since);
    this.#decisions.onGap();
    this.#sync.onRow();
  }

  /** Takes requests in order: a read sees every write asked for before it. */
  batch(requests: readonly HostRequest[]): Promise<readonly HostAnswer[]> {
    return this.#requests.answer(requests);
  }

  async call<K extends keyof HostCalls>(type: K, argument: HostCalls[K]): Promise<HostCallResults[K]> {
    this.#assertOpen();
    return (await this.#call({ type, ...argument } as HostCall)) as HostCallResults[K];
  }

  openFeed(id: number, selector: FeedRequest, pending: boolean): void {
    this.#assertOpen();
    const close = this.#feeds.open({
      selector,
      pending,
      onItem: ({ initial, entries, versionstamp }) => {
        const { state } = this.#ledger;
        const nowMs = this.#readClock();
        const sent = entries.map(({ key, view }) => toTransportEntry(state, key, view, nowMs));
        this.#emit({ type: "feed", id, initial, entries: sent, versionstamp });
      },
      onError: (error) => this.#emit({ type: "feed-error", id, error: packError(error) }),
    });
    this.#closeFeedById.set(id, close);
  }

  closeFeed(id: number): void {
    this.#closeFeedById.get(id)?.();
    this.#closeFeedById.delete(id);
  }

  /** Lets what is under way finish, then lets go of everything. Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const close of this.#closeFeedById.values()) close();
    this.#closeFeedById.clear();
    this.#decisions.close();
    await this.#committer.settled();
    await this.#checkpointer.close();
    await this.#sync.close();
    await this.#log.close();
  }

  /** Makes checkpoints until the log is short, now. */
  checkpoint(): Promise<void> {
    return this.#checkpointer.run();
  }

  get state(): ReplicaState {
    return this.#ledger.state;
  }

  #call(call: HostCall): Promise<HostCallResults[keyof HostCalls]> {
    switch (call.type) {
      case "wake":
        return this.#sync.wake();
      case "pause":
        return this.#sync.pause(call.paused);
      case "flush":
        return this.#committer.settled().then(() => this.#sync.flush());
      case "settled":
        return this.#decisions.settled(call.versionstamp);
      case "rejected":
        return this.#decisions.list();
      case "retry":
        return this.#decisions.retry(call.id);
      case "discard":
        return this.#decisions.discard(call.id);
    }
  }

  #readClock(): number {
    return this.#environment.now() + this.#ledger.state.session.clockOffsetMs;
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new KvError(
        "closed",
        `the bucket "${this.#options.bucket}" is closed; open it again with openKv`,
      );
    }
  }

  /** A failure in the background: the next call meets it too, and can say so to the app. */
  #onFailure(error: unknown): void {
    if (!this.#closed) this.#sync.fail(error);
  }
}

type HostCall = { [K in keyof HostCalls]: { readonly type: K } & HostCalls[K] }[keyof HostCalls];
