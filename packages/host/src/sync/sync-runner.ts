/**
 * Carries the session with the relay while this host is to do so: feeds the pure session machine with
 * what happens and does what it says. When that is, sync-lock.ts decides; two hosts that carry one
 * would do no harm.
 */
import { decodeDown, encodeUp } from "@rockpool/protocol";
import {
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

export interface SyncRunnerOptions {
  readonly ledger: Ledger;
  readonly environment: HostEnvironment;
  readonly bucket: string;
  readonly relay: string;
  /** The phase, the known head or the error changed. */
  readonly onNews: () => void;
  readonly onProbed: (id: number, head: number) => void;
  /** Something failed that is no affair of the connection: storage, or a bug. */
  readonly onFailure: (error: unknown) => void;
}

export class SyncRunner {
  readonly #options: SyncRunnerOptions;
  #session: Session = offSession;
  #isHolder = false;
  #socket: HostSocket | undefined;
  #cancelTimer: (() => void) | undefined;
  #head = 0;

  constructor(options: SyncRunnerOptions) {
    this.#options = options;
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
    return this.#head;
  }

  /** Carries the session from now on. */
  start(): void {
    this.#isHolder = true;
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
    const context = { nowMs: environment.now(), random: environment.random(), bucket, replica: ledger.state };
    const { session, effects } = nextSession(before, event, context);
    this.#session = session;
    for (const effect of effects) this.#carryOut(effect);
    this.#setTimer();
    if (session.phase !== before.phase || session.error !== before.error) onNews();
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
    this.#cancelTimer = environment.setTimer(
      () => this.handle({ type: "timer" }),
      Math.max(1, wakeAtMs - environment.now()),
    );
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case "open":
        return this.#open();
      case "close":
        this.#socket?.close();
        this.#socket = undefined;
        return;
      case "send":
        return this.#socket?.send(encodeUp(effect.messages));
      case "probed":
        this.#raiseHead(effect.head);
        return this.#options.onProbed(effect.id, effect.head);
      case "adopt":
        return this.#run(this.#adopt(effect));
      case "receive":
        this.#raiseHead(effect.received.patch.head);
        return this.#run(this.#receive(effect.received));
      case "settle":
        return this.#run(this.#settle(effect.settled));
    }
  }

  #raiseHead(head: number): void {
    this.#head = Math.max(this.#head, head);
  }

  /** What could not be stored is lost to this session: another one begins from what the log holds. */
  #run(work: Promise<void>): void {
    const socket = this.#socket;
    work.catch((error: unknown) => {
      this.#options.onFailure(error);
      if (socket === undefined || this.#socket !== socket) return;
      socket.close();
      const reason = `what the relay sent could not be stored: ${error instanceof Error ? error.message : String(error)}`;
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
      for (const message of decodeDown(frame)) this.handle({ type: "message", message });
    } catch (error) {
      socket.close();
      const reason = `the relay sent what is no message: ${error instanceof Error ? error.message : String(error)}`;
      this.handle({ type: "closed", permanent: false, reason });
    }
  }

  async #adopt({ hello, welcome }: SessionEffect & { type: "adopt" }): Promise<void> {
    const { ledger, environment } = this.#options;
    const socket = this.#socket;
    this.#head = welcome.head;
    const heardAtMs = environment.now();
    const { result } = await ledger.append((state) => {
      const decision = decideWelcome(state, hello, welcome, heardAtMs);
      return { row: decision.type === "row" ? decision.row : undefined, result: decision.type };
    });
    // The next connection's welcome may be on its way into the log by now: what became of it is another answer.
    if (this.#socket === socket) this.handle({ type: "adopted", ok: result !== "moved" });
  }

  async #receive(received: ReceivedPatch): Promise<void> {
    const { ledger } = this.#options;
    const { result } = await ledger.append((state, pages) => {
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
