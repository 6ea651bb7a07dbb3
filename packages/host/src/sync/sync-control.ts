/**
 * A host's part in syncing: joins the other tabs, attaches the bucket to its relay, carries the
 * session when its turn comes, and knows the bucket's sync status whoever carries it.
 */
import type { Log } from "@rockpool/log";
import type { CheckpointLimits, CommitAuthor } from "@rockpool/replica";
import { attachRelay } from "./attach.ts";
import { followPrefixes } from "./sync-settings.ts";
import { DeviceSession, type SessionReach } from "./device-session.ts";
import type { HostEnvironment } from "../environment.ts";
import { Flushes } from "./flushes.ts";
import type { HostEvent, HostOpenOptions, TransportStatus } from "../host-api.ts";
import type { Ledger } from "../ledger.ts";
import { Presence } from "../presence/presence.ts";
import { StatusTeller } from "./status-teller.ts";
import { isHeard, isUpToDate, statusOf } from "./sync-status.ts";
import { SyncCalls } from "./sync-calls.ts";
import type { SyncListener } from "./sync-listener.ts";
import { TokenRequests } from "./token-requests.ts";
import { type TabMessage, Tabs } from "../tabs.ts";

export interface SyncControlOptions extends SyncListener {
  readonly host: string;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly limits: CheckpointLimits;
  readonly environment: HostEnvironment;
  readonly options: HostOpenOptions;
  readonly emit: (event: HostEvent) => void;
  readonly readClock: () => number;
  /** Who commits what the bucket held before it had a relay. */
  readonly author: () => CommitAuthor;
  /** Fulfilled when what tabs committed before is in the log. */
  readonly commitsSettled: () => Promise<void>;
}

/** How often the log's tail is looked at though nobody told of anything, in ms. */
const lookEveryMs = 30_000;

export class SyncControl {
  readonly #its: SyncControlOptions;
  readonly #tabs: Tabs;
  readonly #session: DeviceSession;
  readonly #presence: Presence;
  readonly #flushes: Flushes;
  readonly #teller: StatusTeller;
  readonly calls: SyncCalls;
  #failure: unknown;
  #trouble: unknown;
  #count = 1;
  #cancelLook: (() => void) | undefined;
  #stopWaking: (() => void) | undefined;
  #closed = false;

  constructor(its: SyncControlOptions) {
    this.#its = its;
    const tokens = new TokenRequests(its.emit);
    this.#teller = new StatusTeller(() => this.#status(), its.emit);
    this.#tabs = new Tabs(its.options.database, its.host, its.environment, {
      onNotice: (notice) => {
        if (notice === undefined || !its.ledger.offer(notice)) this.#look();
      },
      onMessage: (message) => this.#onTabMessage(message),
      onCount: (count) => {
        this.#count = count;
        this.#session.onCount();
        this.#teller.tell();
      },
      onGone: (host) => this.#presence.onGone(host),
    });
    const post = (message: TabMessage): void => this.#tabs.post(message);
    this.#presence = new Presence({ ...its, post, send: (messages) => this.#session.send(messages) });
    this.#flushes = new Flushes({
      ledger: its.ledger,
      environment: its.environment,
      host: its.host,
      probe: (id) => this.#session.probe(id),
    });
    this.calls = new SyncCalls({
      ledger: its.ledger,
      flushes: this.#flushes,
      tokens,
      tabs: this.#tabs,
      presence: this.#presence,
      commitsSettled: its.commitsSettled,
      unsynced: () => {
        const { pending, oldestPendingMs, rejected } = this.#status();
        return { pending, oldestPendingMs, rejected };
      },
      onResume: () => this.#session.resume(),
    });
    its.ledger.onAppend = (notice) => this.#tabs.notify(notice);
    this.#session = new DeviceSession({
      ...its,
      getToken: tokens.ask,
      post,
      onNews: () => this.#onNews(),
      onAware: (key, update) => this.#presence.onRemote(key, update),
      onProbed: (id, head) => this.#flushes.onHead(id, head),
    });
  }

  async start(): Promise<void> {
    await this.#tabs.join();
    if (this.#session.isOwn) {
      const { ledger, environment, options, author } = this.#its;
      await attachRelay(ledger, options.bucket, environment.drawId(), author);
      if (options.follow !== undefined) await followPrefixes(ledger, options.follow);
      this.#session.begin();
    }
    this.#stopWaking = this.#its.environment.onWake(() => this.#tryNow());
    this.#lookLater();
    this.#teller.tell();
  }

  /** The replica's state moved. */
  onRow(): void {
    this.#session.onFolded();
    this.#flushes.onRow();
    this.#teller.tell();
  }

  /** The page is back, or looked at again: goes on where it was. */
  async wake(isVisible: boolean): Promise<undefined> {
    this.#session.wake(isVisible);
    this.#presence.wake();
    this.#tryNow();
  }

  /** The page is hidden: the host of a visible one had better carry the session. */
  async hide(): Promise<undefined> {
    this.#session.hide();
  }

  /** The page goes, perhaps to come back: until `wake` another host carries the session. */
  async rest(): Promise<undefined> {
    this.#presence.rest();
    this.#session.rest();
  }

  /** Whether a tab of this device has a session with the relay, as far as is known here. */
  get reach(): SessionReach {
    return this.#session.reach;
  }

  /** In a session, and all that the relay is known to have is shown here. */
  get isUpToDate(): boolean {
    return isUpToDate(this.#its.ledger.state, this.#session.news);
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
    this.#presence.close();
    this.#session.close();
    this.#tabs.close();
  }

  #onTabMessage(message: Exclude<TabMessage, { type: "notice" }>): void {
    switch (message.type) {
      case "joined":
        this.#presence.onJoined();
        return this.#session.hear(message);
      case "session":
      case "ask":
      case "probe":
      case "wake":
      case "resume":
        return this.#session.hear(message);
      case "attend":
      case "aware":
      case "remote":
        return this.#presence.hear(message);
      case "left":
        return;
      case "probed":
        return this.#flushes.onHead(message.id, message.head);
      case "undecided":
        return this.#its.onUndecided(message.ids);
      case "destroyed":
      case "signed-out":
        return this.#its.onEnded(message.type);
    }
  }

  #onNews(): void {
    // Whatever failed, it did not stand in the way.
    if (this.#session.isHolder && this.#session.reach === "live") this.#failure = undefined;
    this.#flushes.ask();
    this.#presence.onSession(isHeard(this.#session.news));
    this.#its.onSession();
    this.#teller.tell();
  }

  /** Reads what was missed, and has the relay tried at once by whoever carries the session. */
  #tryNow(): void {
    this.#look();
    this.#session.tryNow();
  }

  #look(): void {
    this.#its.ledger.catchUp().catch(this.#its.onFailure);
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#cancelLook = this.#its.environment.setTimer(() => {
      this.#look();
      this.#session.check();
      this.#lookLater();
    }, lookEveryMs);
  }

  #status(): TransportStatus {
    const { news, isHolder } = this.#session;
    return statusOf(this.#its.ledger.state, {
      news,
      isHolder,
      tabs: this.#count,
      failure: this.#failure ?? this.#trouble,
    });
  }
}
