/**
 * The session of this device with the relay, whichever of its hosts carries it: carries it here when it
 * is this host's turn, and otherwise knows what the one that does tells of it. A host whose tab gives no
 * token leaves it to others where the relay wants one.
 */
import type { Log } from "@rockpool/log";
import { packError, type PackedKey } from "@rockpool/model";
import type { UpMessage } from "@rockpool/protocol";
import type { CheckpointLimits, SessionPhase } from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import type { HostEvent, HostOpenOptions } from "../host-api.ts";
import type { Ledger } from "../ledger.ts";
import { SyncLock } from "./sync-lock.ts";
import { SyncRunner } from "./sync-runner.ts";
import type { SessionNews, TabMessage } from "../tabs.ts";

export interface DeviceSessionOptions {
  readonly host: string;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly limits: CheckpointLimits;
  readonly environment: HostEnvironment;
  readonly options: HostOpenOptions;
  readonly emit: (event: HostEvent) => void;
  /** Asks the tab for a token. */
  readonly getToken: () => Promise<string>;
  /** Tells the other hosts. */
  readonly post: (message: TabMessage) => void;
  /** The session is another, or is told of otherwise. */
  readonly onNews: () => void;
  /** The relay had reached this head after the probe of this id was sent. */
  readonly onProbed: (id: number, head: number) => void;
  /** The relay told this host who is present at a document elsewhere. */
  readonly onAware: (key: PackedKey, update: Uint8Array) => void;
  readonly onFailure: (error: unknown) => void;
}

export type SessionMessage = Extract<
  TabMessage,
  { type: "session" | "joined" | "ask" | "probe" | "wake" | "resume" }
>;

/** - `live`: commits are ruled. - `coming`: one is being made, and nothing is known to stand in its way. - `away`: there is none. */
export type SessionReach = "live" | "coming" | "away";

const comingPhases: ReadonlySet<string> = new Set<SessionPhase>([
  "off",
  "asking",
  "connecting",
  "greeting",
  "adopting",
  "filling",
]);

export class DeviceSession {
  readonly #its: DeviceSessionOptions;
  /** Undefined where this host never carries it, as the lock is. */
  readonly #runner: SyncRunner | undefined;
  readonly #lock: SyncLock | undefined;
  /** What another host told last. */
  #news: SessionNews | undefined;
  /** The page is gone, perhaps to come back. */
  #isResting = false;
  /** The relay wants a token, and this tab gives none. */
  #isTokenless = false;
  /** Before it is begun, what other tabs say begins nothing; nor what was asked for before the end, after it. */
  #life: "new" | "begun" | "closed" = "new";

  constructor(its: DeviceSessionOptions) {
    this.#its = its;
    const { ledger, environment, onFailure } = its;
    const { database, bucket, relay, readonly, hidden = false, givesTokens } = its.options;
    // A session writes what it receives.
    if (relay === undefined || readonly === true) return;
    this.#runner = new SyncRunner({
      ledger,
      environment,
      database,
      bucket,
      relay,
      log: its.log,
      limits: its.limits,
      ...(givesTokens === true ? { getToken: its.getToken } : {}),
      onDiverged: (at) => its.emit({ type: "diverged", revision: at }),
      onNews: () => this.#onOwnNews(),
      onProbed: (id, head) => {
        its.post({ type: "probed", id, head });
        its.onProbed(id, head);
      },
      onAware: its.onAware,
      onFailure,
    });
    this.#lock = new SyncLock({
      environment,
      database,
      isVisible: !hidden,
      onHeld: () => this.#onHeld(),
      onLost: () => {
        this.#runner?.stop();
        its.onNews();
      },
      ask: () => its.post({ type: "ask" }),
      answer: () => this.#tellNews(),
      isNeeded: () => ledger.state.pendingCount > 0,
      onFailure,
    });
  }

  /** True where this host may carry it. */
  get isOwn(): boolean {
    return this.#runner !== undefined;
  }

  /** True while this host carries it. */
  get isHolder(): boolean {
    return this.#runner?.isHolder === true;
  }

  /** What is known of it; undefined while nobody told. */
  get news(): SessionNews | undefined {
    if (this.#runner?.isHolder !== true) return this.#news;
    const { session, head } = this.#runner;
    return {
      host: this.#its.host,
      phase: session.phase,
      head,
      error: session.error === null ? null : packError(session.error),
      visible: this.#lock?.isVisible === true,
    };
  }

  /** Whether there is one, as far as is known here. */
  get reach(): SessionReach {
    const { news } = this;
    if (this.#its.ledger.state.session.paused) return "away";
    if (news?.phase === "live") return "live";
    // Another tab may have it and not have said so yet.
    const isComing = news === undefined ? this.isOwn : news.error === null && comingPhases.has(news.phase);
    return isComing ? "coming" : "away";
  }

  /** Queues for it, for the first time: the bucket has its relay now, and the tab can be asked for tokens. */
  begin(): void {
    this.#life = "begun";
    this.start();
  }

  /** Queues for it. */
  start(): void {
    if (this.#life !== "begun") return;
    this.#isTokenless = false;
    if (!this.#isResting) this.#lock?.start();
    this.#lock?.check();
  }

  stop(): void {
    this.#lock?.stop();
  }

  /** Stops for good. */
  close(): void {
    this.#life = "closed";
    this.stop();
  }

  /** The replica's state moved. */
  onFolded(): void {
    this.#runner?.onFolded();
    if (this.#its.ledger.state.pendingCount > 0) this.#lock?.check();
  }

  /** The page is back, or looked at again. */
  wake(isVisible: boolean): void {
    this.#isResting = false;
    this.start();
    this.#lock?.setVisible(isVisible);
  }

  /** The page is hidden: the host of a visible one had better carry it. */
  hide(): void {
    this.#lock?.setVisible(false);
  }

  /** The page goes, perhaps to come back: until `wake` another host carries it. */
  rest(): void {
    this.#isResting = true;
    this.stop();
  }

  /** Tells the relay what may be lost, if it is carried here: it does not wait for a session, or in a full socket. */
  send(messages: readonly UpMessage[]): "sent" | "busy" | "closed" {
    return this.#runner?.send(messages) ?? "closed";
  }

  /** Has the relay tried at once by whoever carries it. */
  tryNow(): void {
    this.#runner?.handle({ type: "wake" });
    this.#its.post({ type: "wake" });
  }

  /** The app says to go on, where only the app could say so. */
  resume(): void {
    this.#goOn();
    this.#its.post({ type: "resume" });
  }

  /** Asks for the relay's head, whoever carries it. */
  probe(id: number): void {
    if (this.isHolder) this.#runner?.handle({ type: "probe", id });
    else this.#its.post({ type: "probe", id });
  }

  /** Sees whether its holder is there. */
  check(): void {
    this.#lock?.check();
  }

  /** Hosts came or went: who carries it may be gone, and nobody else there to take its place. */
  onCount(): void {
    if (this.#isTokenless) this.start();
  }

  /** Hears another host. */
  hear(message: SessionMessage): void {
    switch (message.type) {
      case "session":
        this.#news = message;
        this.#lock?.onHolder(message.visible);
        return this.#its.onNews();
      case "joined":
        return this.#tellNews();
      case "ask":
        return this.#lock?.onAsk();
      case "probe":
        return this.#runner?.handle({ type: "probe", id: message.id });
      case "wake":
        return this.#runner?.handle({ type: "wake" });
      case "resume":
        return this.#goOn();
    }
  }

  #goOn(): void {
    if (this.#its.ledger.state.session.paused) return;
    this.start();
    this.#runner?.handle({ type: "start" });
  }

  #onHeld(): void {
    // News from here on are those of a host that robs this one; it may be heard of before the robbery.
    this.#news = undefined;
    this.#runner?.start();
  }

  #onOwnNews(): void {
    this.#tellNews();
    const isRefused = this.#runner?.session.phase === "refused";
    if (isRefused && this.#its.options.givesTokens !== true) {
      this.#news = this.news;
      this.#isTokenless = true;
      this.stop();
    }
    this.#its.onNews();
  }

  /** Tells the other hosts of the session, if it is carried here. */
  #tellNews(): void {
    const { news } = this;
    if (this.isHolder && news !== undefined) this.#its.post({ type: "session", ...news });
  }
}
