/**
 * Carries the session with the relay while this host is to do so: feeds the pure session machine with
 * what happens and does what it says. When that is, sync-lock.ts decides; two hosts that carry one
 * would do no harm.
 */
import type { Log } from "@rockpool/log";
import type { PackedKey, Revision } from "@rockpool/model";
import { decodeDown, encodeUp, type UpMessage } from "@rockpool/protocol";
import {
  type CheckpointLimits,
  decideLateResults,
  decidePatch,
  decideWelcome,
  nextSession,
  offSession,
  type ReceivedPatch,
  type ReceivedRulings,
  type Session,
  type SessionEffect,
  type SessionEvent,
} from "@rockpool/replica";
import type { HostEnvironment, HostSocket } from "../environment.ts";
import type { Ledger } from "../ledger.ts";
import { confirmedHash } from "./confirmed-hash.ts";
import { hideDoomed } from "./hide-doomed.ts";
import { SessionFillSteps } from "./session-fill-steps.ts";

export interface SyncRunnerOptions {
  readonly ledger: Ledger;
  readonly environment: HostEnvironment;
  /** The database's name on this device. */
  readonly database: string;
  readonly bucket: string;
  readonly relay: string;
  readonly log: Log;
  readonly limits: CheckpointLimits;
  /** Asks the app for a token; absent where it gives none. */
  readonly getToken?: () => Promise<string>;
  /** The phase, the known head or the error changed. */
  readonly onNews: () => void;
  readonly onProbed: (id: number, head: number) => void;
  /** The relay told who is present at a document elsewhere. */
  readonly onAware: (key: PackedKey, update: Uint8Array) => void;
  /** Something failed that is no affair of the connection: storage, or a bug. */
  readonly onFailure: (error: unknown) => void;
  /** This replica was found to differ from the relay, and is filled anew. */
  readonly onDiverged: (at: Revision) => void;
}

/** A socket that holds more than this, in bytes, is kept for what cannot be lost. */
const unsentBytesMax = 64 * 1024;

export class SyncRunner {
  readonly #options: SyncRunnerOptions;
  #session: Session = offSession;
  #isHolder = false;
  #socket: HostSocket | undefined;
  #cancelTimer: (() => void) | undefined;
  readonly #fills: SessionFillSteps;

  constructor(options: SyncRunnerOptions) {
    this.#options = options;
    this.#fills = new SessionFillSteps({
      ...options,
      locks: options.environment.locks,
      readClock: () => this.#readClock(),
      handle: (event) => this.handle(event),
    });
  }

  get session(): Session {
    return this.#session;
  }

  /** True while this host carries the session. */
  get isHolder(): boolean {
    return this.#isHolder;
  }

  /** The highest revision the relay is known to have reached. */
  get head(): number {
    return this.#session.head;
  }

  /** Carries the session from now on. */
  start(): void {
    this.#isHolder = true;
    this.#run(hideDoomed(this.#options.ledger, () => this.#readClock()));
    if (!this.#options.ledger.state.session.paused) this.handle({ type: "start" });
    this.#options.onNews();
  }

  /** The replica's state moved. */
  onFolded(): void {
    if (!this.#isHolder) return;
    const { paused } = this.#options.ledger.state.session;
    if (paused !== (this.#session.phase === "off")) this.handle({ type: paused ? "stop" : "start" });
    else this.handle({ type: "folded" });
  }

  handle(event: SessionEvent): void {
    if (!this.#isHolder) return;
    const { ledger, environment, bucket, onNews } = this.#options;
    const before = this.#session;
    const context = {
      nowMs: environment.now(),
      random: environment.random(),
      bucket,
      givesTokens: this.#options.getToken !== undefined,
      replica: ledger.state,
    };
    const { session, effects } = nextSession(before, event, context);
    this.#session = session;
    for (const effect of effects) this.#carryOut(effect);
    this.#setTimer();
    if (session.phase !== before.phase || session.error !== before.error) onNews();
  }

  /** Tells the relay what may be lost: it does not wait for a session, or in a full socket. */
  send(messages: readonly UpMessage[]): "sent" | "busy" | "closed" {
    const { phase } = this.#session;
    const socket = this.#socket;
    if (socket === undefined || (phase !== "live" && phase !== "filling")) return "closed";
    if ((socket.unsentBytes?.() ?? 0) > unsentBytesMax) return "busy";
    socket.send(encodeUp(messages));
    return "sent";
  }

  /** Carries it no more. */
  stop(): void {
    this.handle({ type: "stop" });
    this.#cancelTimer?.();
    this.#isHolder = false;
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const { wakeAtMs } = this.#session;
    if (wakeAtMs === null) return;
    const { environment } = this.#options;
    const delayMs = Math.max(1, wakeAtMs - environment.now());
    // What is in memory alone is yet to come to the relay: a process lives on as it does with a socket.
    this.#cancelTimer = environment.setTimer(() => this.handle({ type: "timer" }), delayMs, "awaited");
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case "askToken":
        return this.#askToken();
      case "open":
        return this.#open();
      case "close":
        this.#socket?.close();
        this.#socket = undefined;
        return;
      case "send":
        return this.#socket?.send(encodeUp(effect.messages));
      case "probed":
        return this.#options.onProbed(effect.id, effect.head);
      case "adopt":
        return this.#run(this.#adopt(effect));
      case "receive":
        return this.#run(this.#receive(effect.received));
      case "settle":
        return this.#run(this.#settle(effect.settled));
      case "beginFill":
      case "storeFill":
      case "copyFill":
      case "revealFill":
      case "abortFill":
        return this.#fills.take(effect);
      case "hash":
        return this.#run(this.#hash(effect.at));
      case "compared":
        return this.#run(this.#keepComparison(effect));
    }
  }

  #askToken(): void {
    this.#options.getToken?.().then(
      (token) => this.handle({ type: "token", token }),
      (error: unknown) => {
        this.handle({ type: "tokenless", reason: `the app gave no token: ${messageOf(error)}` });
      },
    );
  }

  async #hash(at: Revision): Promise<void> {
    const hash = await confirmedHash(this.#options.ledger, at);
    this.handle({ type: "hashed", at, hash });
  }

  async #keepComparison({ epoch, at, equal }: SessionEffect & { type: "compared" }): Promise<void> {
    const readingMs = this.#readClock();
    await this.#options.ledger.append((state) => ({
      row: state.session.revealed === at ? { type: "verify", epoch, at, equal, readingMs } : undefined,
      result: undefined,
    }));
    if (!equal) this.#options.onDiverged(at);
  }

  /** What could not be stored is lost to this session: another one begins from what the log holds. */
  #run(work: Promise<void>): void {
    const socket = this.#socket;
    work.catch((error: unknown) => {
      this.#options.onFailure(error);
      if (socket === undefined || this.#socket !== socket) return;
      socket.close();
      const reason = `what the relay sent could not be stored: ${messageOf(error)}`;
      this.handle({ type: "closed", permanent: false, reason });
    });
  }

  #open(): void {
    const { environment, relay } = this.#options;
    const socket = environment.openSocket(relay, {
      onOpen: () => this.#onSocket(socket, { type: "opened" }),
      onFrame: (frame) => this.#onFrame(socket, frame),
      onClose: (permanent, reason) => this.#onSocket(socket, { type: "closed", permanent, reason }),
    });
    this.#socket = socket;
  }

  /** What a socket says counts only while it is the session's. */
  #onSocket(socket: HostSocket, event: SessionEvent): void {
    if (this.#socket === socket) this.handle(event);
  }

  #onFrame(socket: HostSocket, frame: string): void {
    if (this.#socket !== socket) return;
    try {
      for (const message of decodeDown(frame)) {
        this.handle({ type: "message", message });
        if (message.type === "aware") this.#options.onAware(message.key, message.update);
      }
    } catch (error) {
      socket.close();
      const reason = `the relay sent what is no message: ${messageOf(error)}`;
      this.handle({ type: "closed", permanent: false, reason });
    }
  }

  async #adopt({ hello, welcome }: SessionEffect & { type: "adopt" }): Promise<void> {
    const { ledger, environment } = this.#options;
    const socket = this.#socket;
    const heardAtMs = environment.now();
    const { result } = await ledger.append((state) => {
      const decision = decideWelcome(state, hello, welcome, heardAtMs);
      return { row: decision.type === "row" ? decision.row : undefined, result: decision.type };
    });
    // The next connection's welcome may be on its way into the log by now: what became of it is another answer.
    if (this.#socket !== socket) return;
    this.handle({ type: "adopted", outcome: result === "moved" || result === "subject" ? result : "taken" });
  }

  async #receive(received: ReceivedPatch): Promise<void> {
    const { ledger } = this.#options;
    const { result } = await ledger.append((state, pages) => {
      // What came before a fill began would only move the cursor that the fill stands on.
      if (this.#fills.isUnderWay) return { row: undefined, result: "stale" };
      const decision = decidePatch(state, pages, received, this.#readClock());
      return { row: decision.type === "row" ? decision.row : undefined, result: decision.type };
    });
    if (result === "gap") this.handle({ type: "gap" });
  }

  async #settle(rulings: ReceivedRulings): Promise<void> {
    await this.#options.ledger.append((state, pages) => ({
      row: decideLateResults(state, pages, rulings, this.#readClock()),
      result: undefined,
    }));
  }

  #readClock(): number {
    const { environment, ledger } = this.#options;
    return environment.now() + ledger.state.session.clockOffsetMs;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
