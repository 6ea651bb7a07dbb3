/**
 * A host: one tab's replica at work. Composes the ledger, group commit, feeds, tabs, checkpoints and
 * the session, and answers its tab's requests in the order they were made.
 */
import { type HostId, type KvError, packError, type Versionstamp } from "@rockpool/model";
import type { Log, PlacedRow } from "@rockpool/log";
import {
  type CheckpointLimits,
  checkpointLimits,
  type ReplicaState,
  type RowEffect,
} from "@rockpool/replica";
import { takeSettings } from "./bucket-settings.ts";
import { type FeedLimits, feedLimits } from "./feeds/feed-source.ts";
import { tailBytesDefault, tailEntriesDefault } from "./upkeep/checkpointer.ts";
import { Committer } from "./committer.ts";
import { bucketStatus } from "./bucket-status.ts";
import { endError } from "./host-end.ts";
import type { HostEnvironment } from "./environment.ts";
import { Feeds } from "./feeds/feeds.ts";
import type { FeedRequest } from "./feeds/feed-api.ts";
import type {
  HostAnswer,
  HostCall,
  HostCallResults,
  HostCalls,
  HostEvent,
  HostOpenOptions,
  HostRequest,
} from "./host-api.ts";
import { Ledger, type LedgerListener } from "./ledger.ts";
import { readonlyLog } from "./readonly-log.ts";
import { Requests } from "./requests.ts";
import { Rulings } from "./sync/rulings.ts";
import { isSyncCall } from "./sync/sync-calls.ts";
import { SyncControl } from "./sync/sync-control.ts";
import { hostLockName } from "./tabs.ts";
import { Transfers } from "./backup/transfers.ts";
import type { Room } from "./upkeep/room.ts";
import { Upkeep } from "./upkeep/upkeep.ts";

export interface HostSettings {
  readonly limits?: CheckpointLimits;
  readonly tailEntries?: number;
  readonly tailBytes?: number;
  readonly feeds?: FeedLimits;
}

export class Host {
  readonly lock: string;
  readonly #environment: HostEnvironment;
  readonly #log: Log;
  readonly #ledger: Ledger;
  readonly #committer: Committer;
  readonly #requests: Requests;
  readonly #feeds: Feeds;
  readonly #upkeep: Upkeep;
  readonly #transfers: Transfers;
  readonly #sync: SyncControl;
  readonly #rulings: Rulings;
  readonly #options: HostOpenOptions;
  readonly #emit: (event: HostEvent) => void;
  readonly #readClock = (): number => this.#environment.now() + this.#ledger.state.session.clockOffsetMs;
  #closed = false;
  /** Why the host ended by itself. */
  #ended: KvError | undefined;

  /** Opens a bucket on its log; the host owns the log from here on. */
  static async open(
    writableLog: Log,
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
    const log = options.readonly === true ? readonlyLog(writableLog) : writableLog;
    const { ledger, rows } = await Ledger.open(log, listener, environment.now);
    const host = new Host(log, ledger, environment, options, emit, settings);
    relay.to = host;
    try {
      if (options.readonly !== true) await takeSettings(ledger, options.settings ?? {});
      await host.#sync.start();
      host.#upkeep.start(rows);
      host.#rulings.start();
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
    const readClock = this.#readClock;
    const room = (): Room => this.#upkeep.room;
    this.#committer = new Committer({ ledger, host: id, drawId: environment.drawId, readClock, room });
    const isUpToDate = (): boolean => ledger.state.replica === null || this.#sync.isUpToDate;
    const { feeds = feedLimits, limits = checkpointLimits } = settings;
    this.#feeds = new Feeds({ log, ledger, readClock, emit, isUpToDate, limits: feeds });
    const { bucket, database } = options;
    // A failure in the background: the next call meets it too, and can say so to the app.
    const onFailure = (error: unknown): void => {
      if (!this.#closed) this.#sync.fail(error);
    };
    this.#rulings = new Rulings({
      ledger,
      host: id,
      database,
      environment,
      readClock,
      emit,
      reach: () => this.#sync.reach,
      onFailure,
      asksApp: options.resolvesConflicts === true && options.readonly !== true,
      onUndecided: (ids) => this.#sync.tellUndecided(ids),
    });
    this.#requests = new Requests({
      ledger,
      committer: this.#committer,
      readClock,
      options,
      assertOpen: () => this.#assertOpen(),
      confirmations: this.#rulings.confirmations,
    });
    this.#sync = new SyncControl({
      host: id,
      log,
      ledger,
      limits,
      environment,
      options,
      emit,
      readClock,
      onFailure,
      author: () => this.#committer.author(),
      onUndecided: (ids) => void this.#rulings.onUndecided(ids).catch(onFailure),
      onSession: () => {
        this.#rulings.onSession();
        this.#feeds.onSession();
      },
      commitsSettled: () => this.#committer.settled(),
      onEnded: (why) => this.end(endError(options.bucket, why)),
    });
    this.#transfers = new Transfers({
      log,
      ledger,
      locks: environment.locks,
      bucket,
      database,
      limits,
      readClock,
      commitsSettled: () => this.#committer.settled(),
    });
    this.#upkeep = new Upkeep({
      log,
      ledger,
      environment,
      database,
      limits,
      tailEntries: settings.tailEntries ?? tailEntriesDefault,
      tailBytes: settings.tailBytes ?? tailBytesDefault,
      readClock,
      isReadonly: options.readonly === true,
      onTrouble: (error) => this.#sync.tellTrouble(error),
    });
  }

  /** Hears of each row, in order. */
  onRow(row: PlacedRow, effect: RowEffect): void {
    this.#feeds.onRow(effect, row.position);
    this.#transfers.onRow(effect);
    this.#upkeep.onRow(row);
    this.#rulings.onRow(effect);
    this.#sync.onRow();
  }

  onGap(since: Versionstamp): void {
    this.#feeds.onGap();
    this.#transfers.onGap(since);
    this.#upkeep.onGap();
    this.#rulings.onGap();
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

  openFeed(id: number, request: FeedRequest): void {
    this.#assertOpen();
    this.#feeds.open(id, request);
  }

  pullFeed(id: number): void {
    this.#feeds.pull(id);
  }

  closeFeed(id: number): void {
    this.#feeds.close(id);
  }

  /** Lets what is under way finish, then lets go of everything. Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // What waits for a page that comes back is finished now, or closing would wait too.
    this.#log.wake();
    this.#feeds.closeAll();
    this.#rulings.close();
    await this.#committer.settled();
    await this.#transfers.close();
    await this.#upkeep.close();
    await this.#sync.close();
    await this.#log.close();
  }

  /**
   * The bucket is gone from this device: refuses what comes, and tells the tab, which closes this host.
   * Its lock is held until then, so that it is not taken for dead.
   */
  end(error: KvError): void {
    if (this.#closed || this.#ended !== undefined) return;
    this.#ended = error;
    this.#emit({ type: "ended", error: packError(error) });
  }

  /** Makes checkpoints until the log is short, now. */
  async checkpoint(): Promise<void> {
    await this.#upkeep.checkpoint();
  }

  /** Deletes the pages that nobody needs, now. */
  sweepGenerations(): Promise<void> {
    return this.#upkeep.sweepGenerations();
  }

  get state(): ReplicaState {
    return this.#ledger.state;
  }

  #call(call: HostCall): Promise<HostCallResults[keyof HostCalls]> {
    switch (call.type) {
      case "status":
        return this.#committer.settled().then(() => this.#status());
      case "rest":
        this.#log.rest();
        return this.#sync.rest();
      case "wake":
        this.#log.wake();
        return this.#sync.wake(call.visible);
      case "hide":
        return this.#sync.hide();
      case "forgetDeletions":
        return this.#upkeep.forgetDeletions(this.#readClock() - call.olderThanMs);
      case "transfer":
        return this.#transfers.carryOn(call.step);
      case "compact":
        return this.#upkeep.compact(call);
      default:
        return isSyncCall(call) ? this.#sync.calls.answer(call) : this.#rulings.call(call);
    }
  }

  async #status(): Promise<HostCallResults["status"]> {
    const status = await bucketStatus(this.#ledger);
    const { trouble } = this.#sync;
    return { ...status, trouble: trouble === undefined ? null : packError(trouble) };
  }

  #assertOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#closed) throw endError(this.#options.bucket, "closed");
  }
}
