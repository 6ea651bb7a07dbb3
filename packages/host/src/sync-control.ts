/**
 * A host's part in syncing: joins the other tabs, attaches the bucket to its relay, carries the
 * session when its turn comes, and knows the bucket's sync status whoever carries it.
 */
import { KvError, msOfStamp, packError, type PackedRange, packKey } from "@rockpool/model";
import {
  isUnruled,
  listEntries,
  type ReplicaState,
  rejectedGroups,
  type SessionPhase,
} from "@rockpool/replica";
import type { HostEnvironment } from "./environment.ts";
import type { HostEvent, HostOpenOptions, TransportStatus } from "./host-api.ts";
import type { Ledger } from "./ledger.ts";
import { SyncRunner } from "./sync-runner.ts";
import { type SessionNews, type TabMessage, Tabs } from "./tabs.ts";

export interface SyncControlOptions {
  readonly host: string;
  readonly ledger: Ledger;
  readonly environment: HostEnvironment;
  readonly options: HostOpenOptions;
  readonly emit: (event: HostEvent) => void;
  readonly readClock: () => number;
  readonly onFailure: (error: unknown) => void;
}

interface Flush {
  /** Commits that were pending at the call, by name. */
  readonly pending: ReadonlySet<string>;
  /** The relay's head after the call, once known. */
  head: number | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How often the log's tail is looked at though nobody told of anything, in ms. */
const lookEveryMs = 30_000;
/** How often an unanswered probe is repeated, in ms. */
const probeEveryMs = 1000;

export class SyncControl {
  readonly #its: SyncControlOptions;
  readonly #tabs: Tabs;
  readonly #runner: SyncRunner | undefined;
  readonly #flushes = new Map<number, Flush>();
  #news: SessionNews | undefined;
  #failure: unknown;
  #count = 1;
  #nextProbe = 1;
  #cancelLook: (() => void) | undefined;
  #cancelProbe: (() => void) | undefined;
  #stopWaking: (() => void) | undefined;
  #statusDue = false;
  #closed = false;

  constructor(its: SyncControlOptions) {
    this.#its = its;
    const { database, bucket, relay } = its.options;
    this.#tabs = new Tabs(database, its.host, its.environment, {
      onNotice: (notice) => {
        if (notice === undefined || !its.ledger.offer(notice)) this.#look();
      },
      onMessage: (message) => this.#onTabMessage(message),
      onCount: (count) => {
        this.#count = count;
        this.#tellStatus();
      },
    });
    its.ledger.onAppend = (notice) => this.#tabs.notify(notice);
    if (relay === undefined) return;
    this.#runner = new SyncRunner({
      ledger: its.ledger,
      environment: its.environment,
      database,
      bucket,
      relay,
      onNews: () => this.#onNews(),
      onProbed: (id, head) => this.#onProbed(id, head),
      onFailure: its.onFailure,
    });
  }

  async start(): Promise<void> {
    await this.#tabs.join();
    if (this.#runner !== undefined) {
      await this.#attach();
      this.#runner.start();
    }
    this.#stopWaking = this.#its.environment.onWake(() => {
      this.#look();
      this.#tabs.post({ type: "wake" });
    });
    this.#lookLater();
    this.#tellStatus();
  }

  /** The replica's state moved. */
  onRow(): void {
    this.#runner?.onFolded();
    this.#settleFlushes();
    this.#tellStatus();
  }

  async pause(paused: boolean): Promise<undefined> {
    await this.#its.ledger.append((state) => ({
      row: state.session.paused === paused ? undefined : { type: "pause", paused },
      result: undefined,
    }));
  }

  /** @throws KvError "offline" when there is no relay or syncing is paused */
  async flush(): Promise<undefined> {
    await this.#its.ledger.catchUp();
    const { state } = this.#its.ledger;
    if (state.replica === null) {
      throw new KvError("offline", "the bucket has no relay to flush to; open it with the option relay");
    }
    if (state.session.paused) {
      throw new KvError("offline", "syncing is paused on this device; call sync.resume() first");
    }
    const pending = new Set(
      [...state.tracked].flatMap(([name, tracked]) => (isUnruled(tracked) ? [name] : [])),
    );
    await new Promise<void>((resolve, reject) => {
      this.#flushes.set(this.#nextProbe++, { pending, head: undefined, resolve, reject });
      this.#probe();
    });
  }

  /** Remembers a failure in the background, for the status to show. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#tellStatus();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = new KvError("closed", "the bucket was closed before everything was synced");
    for (const { reject } of this.#flushes.values()) reject(closed);
    this.#flushes.clear();
    this.#cancelLook?.();
    this.#cancelProbe?.();
    this.#stopWaking?.();
    this.#runner?.close();
    this.#tabs.close();
  }

  /** Gives the bucket its replica id the first time it is opened with a relay. */
  async #attach(): Promise<void> {
    const { ledger, environment, options } = this.#its;
    const replica = environment.drawId();
    const everything: PackedRange = {
      start: packKey([]),
      end: "\xff" as PackedRange["end"],
      common: packKey([]),
    };
    await ledger.append((state, pages) => {
      if (state.replica !== null) return { row: undefined, result: undefined };
      if (listEntries(state, pages, everything, 1, false, ({ value }) => value !== undefined).length > 0) {
        throw new KvError(
          "unsupported",
          `the bucket "${options.bucket}" holds entries written without a relay, which cannot be handed to one yet; open it without the option relay, or use another name`,
        );
      }
      return { row: { type: "attach", replica }, result: undefined };
    });
  }

  #onTabMessage(message: Exclude<TabMessage, { type: "notice" }>): void {
    switch (message.type) {
      case "session":
        if (this.#runner?.isHolder !== true) this.#news = message;
        return this.#tellStatus();
      case "joined":
        if (this.#runner?.isHolder === true) this.#tabs.post({ type: "session", ...this.#ownNews() });
        return;
      case "left":
        return;
      case "probe":
        return this.#runner?.handle({ type: "probe", id: message.id });
      case "probed":
        return this.#settleProbe(message.id, message.head);
      case "wake":
        return this.#runner?.handle({ type: "wake" });
    }
  }

  #ownNews(): SessionNews {
    const { session, head } = this.#runner as SyncRunner;
    return { host: this.#its.host, phase: session.phase, head, error: session.error?.message ?? null };
  }

  #onNews(): void {
    if (this.#runner?.isHolder === true) this.#tabs.post({ type: "session", ...this.#ownNews() });
    this.#probe();
    this.#tellStatus();
  }

  /** Asks whoever carries the session for the relay's head, until every flush knows one. */
  #probe(): void {
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
    const waiting = [...this.#flushes].filter(([, { head }]) => head === undefined).map(([id]) => id);
    if (waiting.length === 0 || this.#closed) return;
    for (const id of waiting) {
      if (this.#runner?.isHolder === true) this.#runner.handle({ type: "probe", id: this.#probeId(id) });
      else this.#tabs.post({ type: "probe", id: this.#probeId(id) });
    }
    this.#cancelProbe = this.#its.environment.setTimer(() => this.#probe(), probeEveryMs);
  }

  /** Probe ids are told apart between hosts by the first digits of the host's id. */
  #probeId(id: number): number {
    return Number.parseInt(this.#its.host.slice(0, 6), 16) * 0x100_0000 + id;
  }

  #onProbed(id: number, head: number): void {
    this.#tabs.post({ type: "probed", id, head });
    this.#settleProbe(id, head);
  }

  #settleProbe(id: number, head: number): void {
    for (const [own, flush] of this.#flushes) if (this.#probeId(own) === id) flush.head ??= head;
    this.#settleFlushes();
  }

  #settleFlushes(): void {
    const { state } = this.#its.ledger;
    for (const [id, flush] of this.#flushes) {
      if (state.session.paused) {
        this.#flushes.delete(id);
        flush.reject(new KvError("offline", "syncing was paused before everything was synced"));
      }
      if (flush.head === undefined || state.session.revealed < flush.head) continue;
      if ([...flush.pending].some((name) => isUnruledName(state, name))) continue;
      this.#flushes.delete(id);
      flush.resolve();
    }
  }

  #look(): void {
    this.#its.ledger.catchUp().catch(this.#its.onFailure);
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#cancelLook = this.#its.environment.setTimer(() => {
      this.#look();
      this.#lookLater();
    }, lookEveryMs);
  }

  /** Tells the tab once a turn, however many rows came. */
  #tellStatus(): void {
    if (this.#statusDue || this.#closed) return;
    this.#statusDue = true;
    void Promise.resolve().then(() => {
      this.#statusDue = false;
      if (!this.#closed) this.#its.emit({ type: "status", status: this.#status() });
    });
  }

  #status(): TransportStatus {
    const { state } = this.#its.ledger;
    const isHolder = this.#runner?.isHolder === true;
    const news = isHolder ? this.#ownNews() : this.#news;
    const oldest = state.pendingCount === 0 ? undefined : [...state.tracked.values()].find(isUnruled);
    const message = news?.error ?? null;
    const error = this.#failure ?? (message === null ? null : new KvError("offline", message));
    return {
      state: syncState(state, news),
      pending: state.pendingCount,
      oldestPendingMs: oldest === undefined ? null : msOfStamp(oldest.commit.stamp),
      rejected: rejectedGroups(state).length,
      tabs: this.#count,
      syncing: isHolder,
      error: error === null || error === undefined ? null : packError(error),
    };
  }
}

const syncState = (state: ReplicaState, news: SessionNews | undefined): TransportStatus["state"] => {
  if (state.replica === null) return "off";
  if (state.session.paused) return "paused";
  switch ((news?.phase ?? "connecting") as SessionPhase) {
    case "live": {
      const { received, revealed } = state.session;
      return state.pendingCount === 0 && received === revealed && revealed >= (news?.head ?? 0)
        ? "synced"
        : "syncing";
    }
    case "waiting":
      return "offline";
    case "stopped":
      return "stopped";
    case "off":
    case "connecting":
    case "greeting":
    case "adopting":
      // A new attempt after a failure is still offline, as far as anybody can tell.
      return news?.error == null ? "connecting" : "offline";
  }
};

const isUnruledName = (state: ReplicaState, name: string): boolean => {
  const tracked = state.tracked.get(name);
  return tracked !== undefined && isUnruled(tracked);
};
