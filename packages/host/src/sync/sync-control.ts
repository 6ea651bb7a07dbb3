/**
 * A host's part in syncing: joins the other tabs, attaches the bucket to its relay, carries the
 * session when its turn comes, and knows the bucket's sync status whoever carries it.
 */
import type { Log } from "@rockpool/log";
import type { CheckpointLimits } from "@rockpool/replica";
import { attachRelay } from "./attach.ts";
import type { EndReason } from "../host-end.ts";
import type { HostEnvironment } from "../environment.ts";
import { Flushes } from "./flushes.ts";
import type { HostEvent, HostOpenOptions, TransportStatus } from "../host-api.ts";
import type { Ledger } from "../ledger.ts";
import { StatusTeller } from "./status-teller.ts";
import { statusOf } from "./sync-status.ts";
import { SyncCalls } from "./sync-calls.ts";
import { SyncLock } from "./sync-lock.ts";
import { SyncRunner } from "./sync-runner.ts";
import { TokenRequests } from "./token-requests.ts";
import { type SessionNews, type TabMessage, Tabs } from "../tabs.ts";

export interface SyncControlOptions {
  readonly host: string;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly limits: CheckpointLimits;
  readonly environment: HostEnvironment;
  readonly options: HostOpenOptions;
  readonly emit: (event: HostEvent) => void;
  readonly readClock: () => number;
  readonly onFailure: (error: unknown) => void;
  /** The session of this device with the relay came or went, whoever carries it. */
  readonly onSession: () => void;
  /** In another tab the app left these rejected groups in the list. */
  readonly onUndecided: (ids: readonly string[]) => void;
  /** Fulfilled when what tabs committed before is in the log. */
  readonly commitsSettled: () => Promise<void>;
  /** Another tab has this host let go of the bucket. */
  readonly onEnded: (why: EndReason) => void;
}

/** How often the log's tail is looked at though nobody told of anything, in ms. */
const lookEveryMs = 30_000;

export class SyncControl {
  readonly #its: SyncControlOptions;
  readonly #tabs: Tabs;
  /** Undefined where nothing is synced, as the lock is. */
  readonly #runner: SyncRunner | undefined;
  readonly #lock: SyncLock | undefined;
  readonly #flushes: Flushes;
  readonly #teller: StatusTeller;
  readonly #tokens: TokenRequests;
  readonly calls: SyncCalls;
  #news: SessionNews | undefined;
  #failure: unknown;
  #trouble: unknown;
  #count = 1;
  #cancelLook: (() => void) | undefined;
  #stopWaking: (() => void) | undefined;
  #closed = false;

  constructor(its: SyncControlOptions) {
    this.#its = its;
    const { database, bucket, relay, readonly, hidden = false } = its.options;
    this.#tokens = new TokenRequests(its.emit);
    this.#teller = new StatusTeller(() => this.#status(), its.emit);
    this.#tabs = new Tabs(database, its.host, its.environment, {
      onNotice: (notice) => {
        if (notice === undefined || !its.ledger.offer(notice)) this.#look();
      },
      onMessage: (message) => this.#onTabMessage(message),
      onCount: (count) => {
        this.#count = count;
        this.#teller.tell();
      },
    });
    const { ledger, environment, host, onFailure } = its;
    this.#flushes = new Flushes({ ledger, environment, host, probe: (id) => this.#probe(id) });
    this.calls = new SyncCalls({
      ledger,
      flushes: this.#flushes,
      tokens: this.#tokens,
      tabs: this.#tabs,
      commitsSettled: its.commitsSettled,
      unsynced: () => {
        const { pending, oldestPendingMs, rejected } = this.#status();
        return { pending, oldestPendingMs, rejected };
      },
      onResume: () => this.#resume(),
    });
    its.ledger.onAppend = (notice) => this.#tabs.notify(notice);
    // A session writes what it receives.
    if (relay === undefined || readonly === true) return;
    this.#runner = new SyncRunner({
      ...its,
      database,
      bucket,
      relay,
      onDiverged: (at) => its.emit({ type: "diverged", revision: at }),
      onNews: () => this.#onNews(),
      onProbed: (id, head) => this.#onProbed(id, head),
    });
    this.#lock = new SyncLock({
      environment,
      database,
      isVisible: !hidden,
      onHeld: () => this.#onHeld(),
      onLost: () => {
        this.#runner?.stop();
        this.#teller.tell();
      },
      ask: () => this.#tabs.post({ type: "ask" }),
      answer: () => this.#tellNews(),
      isNeeded: () => ledger.state.pendingCount > 0,
      onFailure,
    });
  }

  async start(): Promise<void> {
    await this.#tabs.join();
    if (this.#runner !== undefined) {
      await attachRelay(this.#its.ledger, this.#its.environment, this.#its.options.bucket);
      this.#lock?.start();
      this.#lock?.check();
    }
    this.#stopWaking = this.#its.environment.onWake(() => this.#tryNow());
    this.#lookLater();
    this.#teller.tell();
  }

  /** The replica's state moved. */
  onRow(): void {
    this.#runner?.onFolded();
    if (this.#its.ledger.state.pendingCount > 0) this.#lock?.check();
    this.#flushes.onRow();
    this.#teller.tell();
  }

  /** The page is back, or looked at again: goes on where it was. */
  async wake(isVisible: boolean): Promise<undefined> {
    this.#lock?.start();
    this.#lock?.setVisible(isVisible);
    this.#tryNow();
  }

  /** The page is hidden: the host of a visible one had better carry the session. */
  async hide(): Promise<undefined> {
    this.#lock?.setVisible(false);
  }

  /** The page goes, perhaps to come back: until `wake` another host carries the session. */
  async rest(): Promise<undefined> {
    this.#lock?.stop();
  }

  /** True while a tab of this device has a session with the relay, as far as is known here. */
  get isLive(): boolean {
    const { paused } = this.#its.ledger.state.session;
    const phase = this.#runner?.isHolder === true ? this.#runner.session.phase : this.#news?.phase;
    return !paused && phase === "live";
  }

  /** Tells the other tabs that the app left these rejected groups in the list. */
  tellUndecided(ids: readonly string[]): void {
    this.#tabs.post({ type: "undecided", ids });
  }

  /** Remembers a failure in the background, for the status to show. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#teller.tell();
  }

  /** What the bucket's upkeep failed with last; undefined when it goes well. */
  get trouble(): unknown {
    return this.#trouble;
  }

  tellTrouble(trouble: unknown): void {
    this.#trouble = trouble;
    this.#teller.tell();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#teller.close();
    this.#flushes.close();
    this.#cancelLook?.();
    this.#stopWaking?.();
    this.#lock?.stop();
    this.#tabs.close();
  }

  #onTabMessage(message: Exclude<TabMessage, { type: "notice" }>): void {
    switch (message.type) {
      case "session":
        this.#news = message;
        this.#lock?.onHolder(message.visible);
        this.#its.onSession();
        return this.#teller.tell();
      case "joined":
        return this.#tellNews();
      case "ask":
        return this.#lock?.onAsk();
      case "left":
        return;
      case "probe":
        return this.#runner?.handle({ type: "probe", id: message.id });
      case "probed":
        return this.#flushes.onHead(message.id, message.head);
      case "wake":
        return this.#runner?.handle({ type: "wake" });
      case "undecided":
        return this.#its.onUndecided(message.ids);
      case "resume":
        if (this.#its.ledger.state.session.paused) return;
        this.#lock?.start();
        return this.#runner?.handle({ type: "start" });
      case "destroyed":
      case "signed-out":
        return this.#its.onEnded(message.type);
    }
  }

  /** The app says to go on, where only the app could say so. */
  #resume(): void {
    this.#lock?.start();
    this.#runner?.handle({ type: "start" });
    this.#tabs.post({ type: "resume" });
  }

  #ownNews(): SessionNews {
    const { session, head } = this.#runner as SyncRunner;
    const { host } = this.#its;
    const visible = this.#lock?.isVisible === true;
    return { host, phase: session.phase, head, error: session.error?.message ?? null, visible };
  }

  /** Tells the other tabs of the session, if it is carried here. */
  #tellNews(): void {
    if (this.#runner?.isHolder === true) this.#tabs.post({ type: "session", ...this.#ownNews() });
  }

  #onNews(): void {
    // Whatever failed, it did not stand in the way.
    if (this.#runner?.session.phase === "live") this.#failure = undefined;
    this.#tellNews();
    this.#flushes.ask();
    this.#its.onSession();
    this.#teller.tell();
  }

  #onHeld(): void {
    // News from here on are those of a host that robs this one; it may be heard of before the robbery.
    this.#news = undefined;
    this.#runner?.start();
  }

  /** Asks whoever carries the session for the relay's head. */
  #probe(id: number): void {
    if (this.#runner?.isHolder === true) this.#runner.handle({ type: "probe", id });
    else this.#tabs.post({ type: "probe", id });
  }

  #onProbed(id: number, head: number): void {
    this.#tabs.post({ type: "probed", id, head });
    this.#flushes.onHead(id, head);
  }

  /** Reads what was missed, and has the relay tried at once by whoever carries the session. */
  #tryNow(): void {
    this.#look();
    this.#runner?.handle({ type: "wake" });
    this.#tabs.post({ type: "wake" });
  }

  #look(): void {
    this.#its.ledger.catchUp().catch(this.#its.onFailure);
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#cancelLook = this.#its.environment.setTimer(() => {
      this.#look();
      this.#lock?.check();
      this.#lookLater();
    }, lookEveryMs);
  }

  #status(): TransportStatus {
    const isHolder = this.#runner?.isHolder === true;
    return statusOf(this.#its.ledger.state, {
      news: isHolder ? this.#ownNews() : this.#news,
      isHolder,
      tabs: this.#count,
      failure: this.#failure ?? this.#trouble,
    });
  }
}
