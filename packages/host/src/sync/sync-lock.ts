/**
 * Which of a device's hosts carries the session: the one that holds a Web Lock. All queue for it, so
 * that a dead holder is replaced at once. A hidden holder hands it to a visible tab that asks, and one
 * that does not answer a visible tab is robbed, seldom and with growing pauses. Nothing rests on it:
 * two holders only waste work.
 */
import type { HostEnvironment } from "../environment.ts";
import { syncLockName } from "../tabs.ts";

export interface SyncLockOptions {
  readonly environment: HostEnvironment;
  readonly database: string;
  readonly isVisible: boolean;
  /** This host carries the session from now on. */
  readonly onHeld: () => void;
  /** It does so no more: it gave the lock up, or was robbed of it. */
  readonly onLost: () => void;
  /** Asks the holder, if it is another host, to answer. */
  readonly ask: () => void;
  /** Tells the others that this host is the holder, and whether its tab is visible. */
  readonly answer: () => void;
  /** True while something waits here for the session. */
  readonly isNeeded: () => boolean;
  readonly onFailure: (error: unknown) => void;
}

/** A session is carried so long at least before it is handed to a visible tab, in ms. */
const handoverMsMin = 5000;
/** Longest wait of a visible tab for the holder's answer, in ms. */
const answerMsMax = 3000;
/** How often the holder is asked while something waits for it, in ms. */
const askEveryMs = 10_000;
/** The pause after a theft, in ms; each theft doubles it, an answer of a holder makes it short again. */
const theftPauseMs = 30_000;
const theftPauseMsMax = 60 * 60 * 1000;

export class SyncLock {
  readonly #its: SyncLockOptions;
  /** Ends the wait for the lock, or gives it up; undefined while it is not asked for. */
  #leaving: AbortController | undefined;
  #isVisible: boolean;
  #isHolder = false;
  #heldAtMs = 0;
  /** True from asking the holder until its time to answer is over. */
  #isAsking = false;
  /** When it was last asked, as long as none was heard since. */
  #askedAtMs: number | undefined;
  #mayStealAtMs = 0;
  #pauseMs = theftPauseMs;
  #cancelTimer: (() => void) | undefined;

  constructor(its: SyncLockOptions) {
    this.#its = its;
    this.#isVisible = its.isVisible;
  }

  /** True while this host carries the session. */
  get isHolder(): boolean {
    return this.#isHolder;
  }

  get isVisible(): boolean {
    return this.#isVisible;
  }

  /** Queues for the lock, if it does not yet. */
  start(): void {
    if (this.#leaving === undefined) this.#request(false);
  }

  /** Gives the lock up and queues for it no more, until `start`. */
  stop(): void {
    this.#setTimer(undefined);
    this.#lose();
    this.#leaving?.abort();
    this.#leaving = undefined;
  }

  setVisible(isVisible: boolean): void {
    if (this.#isVisible === isVisible) return;
    this.#isVisible = isVisible;
    if (this.#isHolder) this.#its.answer();
    else this.check();
  }

  /** Asks whether the holder is there; one that is not answers nothing. */
  check(): void {
    if (this.#isWaiting() && !this.#isAsking) this.#ask();
  }

  /** A visible tab that queues for the lock asks who holds it. */
  onAsk(): void {
    if (this.#isHolder) {
      this.#its.answer();
      if (!this.#isVisible) this.#handOver();
    } else if (!this.#isVisible && this.#leaving !== undefined) {
      // Back to the end of the queue, behind the one that asked.
      this.stop();
      this.start();
    }
  }

  /** A holder spoke. */
  onHolder(isVisible: boolean): void {
    this.#askedAtMs = undefined;
    this.#pauseMs = theftPauseMs;
    if (!isVisible) this.check();
  }

  #request(steal: boolean): void {
    const { environment, database, onFailure } = this.#its;
    const leaving = new AbortController();
    this.#leaving = leaving;
    const options = steal ? { steal } : { signal: leaving.signal };
    environment.locks
      .request(syncLockName(database), options, () => this.#hold(leaving))
      .catch((error: unknown) => {
        // Whoever leaves has the wait aborted.
        if (leaving.signal.aborted) return;
        if (!isRobbery(error)) return onFailure(error);
        this.stop();
        this.start();
      });
  }

  #hold(leaving: AbortController): Promise<void> {
    if (leaving.signal.aborted) return Promise.resolve();
    this.#isHolder = true;
    this.#heldAtMs = this.#its.environment.now();
    this.#setTimer(undefined);
    this.#its.onHeld();
    return new Promise((release) => {
      leaving.signal.addEventListener("abort", () => release(), { once: true });
    });
  }

  #lose(): void {
    if (!this.#isHolder) return;
    this.#isHolder = false;
    this.#its.onLost();
  }

  /** Not at once after it came here: who looks at two tabs in turn would have them connect in turn. */
  #handOver(): void {
    const restMs = this.#heldAtMs + handoverMsMin - this.#its.environment.now();
    this.#setTimer(Math.max(0, restMs), () => {
      if (!this.#isHolder || this.#isVisible) return;
      this.stop();
      this.start();
    });
  }

  /** True while this tab is one that may ask for the lock. */
  #isWaiting(): boolean {
    return this.#isVisible && !this.#isHolder && this.#leaving !== undefined;
  }

  #ask(): void {
    this.#askedAtMs = this.#its.environment.now();
    this.#its.ask();
    this.#setTimer(answerMsMax, () => this.#onPatienceEnd());
    this.#isAsking = true;
  }

  #onPatienceEnd(): void {
    if (!this.#isWaiting()) return;
    const nowMs = this.#its.environment.now();
    const isAnswered = this.#askedAtMs === undefined;
    const sinceMs = nowMs - (this.#askedAtMs ?? nowMs);
    if (isAnswered || nowMs < this.#mayStealAtMs) {
      this.#setTimer(askEveryMs - answerMsMax, () => {
        if (this.#its.isNeeded()) this.check();
      });
    } else if (sinceMs > 2 * answerMsMax) {
      // This tab slept meanwhile: the answer may stand behind the timer.
      this.#ask();
    } else {
      this.#steal(nowMs);
    }
  }

  #steal(nowMs: number): void {
    this.#mayStealAtMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(theftPauseMsMax, 2 * this.#pauseMs);
    this.#leaving?.abort();
    this.#request(true);
  }

  #setTimer(delayMs: number | undefined, callback: () => void = () => {}): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#isAsking = false;
    if (delayMs === undefined) return;
    this.#cancelTimer = this.#its.environment.setTimer(() => {
      this.#cancelTimer = undefined;
      this.#isAsking = false;
      callback();
    }, delayMs);
  }
}

/** How a holder learns that its lock was stolen: it was taken for dead. */
const isRobbery = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";
