/**
 * Own edits on their way into the bucket: merged for a short, bounded time, then committed one batch after
 * another, in order, each durable before the next goes out. What fails stays, is told, and is tried again
 * where that may help.
 */
import { valueBytesMax } from "@rockpool/model";
import type { CommitResult } from "rockpool";
import {
  type Committed,
  type Joint,
  type JointEdit,
  leadingEdits,
  mergeBatch,
  takeBatch,
  type Waiter,
  type Waiting,
} from "./edit-batch.ts";
import { helpFor } from "./save-failure.ts";
import { type QueueClock, SaveTimers } from "./save-timers.ts";
import { UnseenCommits } from "./unseen-commits.ts";

export interface QueueOwner {
  /** Commits an update by itself. */
  readonly commit: (update: Uint8Array) => Promise<CommitResult>;
  /** The same in fewer bytes, if it can be said so: for a batch that is too large. */
  readonly squeeze: (update: Uint8Array) => Uint8Array;
  /** Whether all is saved, or what is wrong, may be another now. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
  /** What stands is to be told as a whole once more: an edit counted as own that was committed before. */
  readonly onOutrun: () => void;
  readonly clock: QueueClock;
}

export class EditQueue {
  readonly #owner: QueueOwner;
  readonly #timers: SaveTimers;
  #waiting: Waiting[] = [];
  #sending: readonly Waiting[] = [];
  readonly #unseen: UnseenCommits;
  #waiters: Waiter[] = [];
  /** Members of the queue so far, and how many of them are through; of what waits, so many may go out now. */
  #added = 0;
  #through = 0;
  #due = 0;
  #isHeld = true;
  #isPumping = false;
  #ended: unknown;
  #error: unknown;
  #failures = 0;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
    this.#unseen = new UnseenCommits(owner.onOutrun);
    this.#timers = new SaveTimers(owner.clock, () => this.#sendAll());
  }

  /** True when nothing waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#sending.length === 0;
  }

  /** True when the feed has shown all that is committed. */
  get isShown(): boolean {
    return this.#unseen.isEmpty;
  }

  /** What the last try failed with; undefined once one went well. */
  get error(): unknown {
    return this.#ended ?? this.#error;
  }

  /** Edits that need not be in what stood at `versionstamp`, in order. */
  ownAfter(versionstamp: string): readonly Uint8Array[] {
    return [
      ...this.#unseen.updatesAfter(versionstamp),
      ...[...this.#sending, ...this.#waiting].flatMap(({ updates }) => updates),
    ];
  }

  /** The feed has shown all up to here. */
  seen(versionstamp: string, isWhole: boolean): void {
    this.#unseen.seen(versionstamp, isWhole);
  }

  add(update: Uint8Array): void {
    this.#push({ type: "edit", updates: [update], isSaved: false });
    if (this.#ended === undefined) this.#timers.onEdit();
  }

  /**
   * Commits an edit by its `commit`, behind all that waits. Where that fails or comes to nothing it is an edit
   * like others, and `undo` follows it.
   */
  commitWith(edit: JointEdit): Promise<Committed> {
    const result = new Promise<Committed>((resolve, reject) => {
      const joint: Joint = { ...edit, type: "joint", resolve, reject };
      this.#push(joint);
      if (this.#ended !== undefined) giveUp(joint, this.#ended);
    });
    this.#sendAll();
    return result;
  }

  /** Sends all that waits. Fulfilled when it is durable. @throws what the next try fails with */
  flush(): Promise<void> {
    this.#sendAll();
    return this.whenThrough();
  }

  /** Fulfilled when all that was added is durable. @throws what the next try fails with */
  whenThrough(): Promise<void> {
    if (this.#through === this.#added) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended as Error);
    return new Promise((resolve, reject) => this.#waiters.push({ upTo: this.#added, resolve, reject }));
  }

  /**
   * Sends at once what waits, without waiting for what is on its way, whose edits go along: the page may be
   * gone before that is through, and an edit without those before it is worth nothing. One that is joint with
   * something never goes without it.
   */
  async sendNow(): Promise<void> {
    const isIdle = this.#sending.length === 0 && !this.#isHeld;
    if (isIdle || this.#sending[0]?.type === "joint") return this.#sendAll();
    this.#timers.cancel();
    const edits = leadingEdits(this.#waiting);
    const update = mergeBatch([...this.#sending, ...edits]);
    if (edits.length === 0 || update === undefined || this.#ended !== undefined) return;
    try {
      await this.#commit(update, () => true);
      for (const edit of edits) edit.isSaved = true;
    } catch {
      // They still wait for their turn, which tells how that went.
    }
    this.#sendAll();
  }

  /** Nothing goes out until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    void this.#pump();
  }

  /** Forgets all edits, as nothing that could be saved. */
  drop(reason: unknown): void {
    const dropped = this.#waiting.splice(0);
    this.#sending = [];
    this.#unseen.clear();
    this.#timers.cancel();
    for (const one of dropped) if (one.type === "joint") one.reject(reason);
    this.#failWaiters(reason);
    this.#succeed(this.#added - this.#through);
  }

  /** Nothing is sent any more. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#timers.cancel();
    for (const one of this.#waiting.slice()) if (one.type === "joint") giveUp(one, reason);
    this.#failWaiters(reason);
    this.#owner.onChange();
  }

  #push(one: Waiting): void {
    this.#waiting.push(one);
    this.#added++;
    if (this.#added - this.#through === 1) this.#owner.onChange();
  }

  #sendAll(): void {
    this.#due = this.#added;
    this.#timers.onSend();
    void this.#pump();
  }

  /** Sends one batch after another as long as any is due and all goes well. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#ended === undefined && !this.#isHeld && this.#through < this.#due) {
      if (!(await this.#sendNext())) break;
    }
    this.#isPumping = false;
  }

  async #sendNext(): Promise<boolean> {
    const taken = takeBatch(this.#waiting);
    this.#sending = taken;
    const [first] = taken;
    const merged = mergeBatch(taken);
    if (first?.type === "joint") return this.#sendJoint(first, merged);
    try {
      if (merged !== undefined) await this.#commit(merged, () => this.#isSending(taken));
      if (this.#isSending(taken)) this.#succeed(taken.length);
      return true;
    } catch (error) {
      if (!this.#isSending(taken)) return true;
      this.#giveBack(taken);
      this.#fail(error);
      return false;
    }
  }

  async #commit(merged: Uint8Array, isWanted: () => boolean): Promise<void> {
    const update = merged.length > valueBytesMax ? this.#owner.squeeze(merged) : merged;
    const { versionstamp } = await this.#owner.commit(update);
    if (isWanted()) this.#unseen.add(versionstamp, update);
  }

  async #sendJoint(joint: Joint, update: Uint8Array | undefined): Promise<boolean> {
    const taken = this.#sending;
    try {
      const result = await joint.commit(update);
      if (!this.#isSending(taken)) joint.resolve(result);
      else if (result.ok) {
        if (update !== undefined) this.#unseen.add(result.versionstamp, update);
        this.#succeed(1);
      } else this.#giveBack(taken);
      joint.resolve(result);
      return true;
    } catch (error) {
      const stands = await joint.stands();
      joint.reject(error);
      if (!this.#isSending(taken)) return true;
      if (stands) {
        this.#succeed(1);
        this.#owner.onOutrun();
        return true;
      }
      this.#giveBack(taken);
      const help = helpFor(error);
      if (help === "news" || help === "nothing") this.#fail(error);
      return true;
    }
  }

  /** False once all was dropped. */
  #isSending(taken: readonly Waiting[]): boolean {
    return this.#sending === taken;
  }

  /** Puts what was not committed before all that waits; nothing of it is joint with anything any more. */
  #giveBack(taken: readonly Waiting[]): void {
    this.#sending = [];
    this.#waiting.unshift(
      ...taken.map((one): Waiting =>
        one.type === "edit" ? one : { type: "edit", updates: one.updates, isSaved: false },
      ),
    );
    for (const one of taken) if (one.type === "joint") one.undo();
    this.#due = this.#added;
  }

  #succeed(count: number): void {
    this.#sending = [];
    this.#through += count;
    this.#error = undefined;
    this.#failures = 0;
    this.#settleWaiters();
    this.#owner.onChange();
  }

  #settleWaiters(): void {
    const isReady = ({ upTo }: Waiter): boolean => upTo <= this.#through;
    const ready = this.#waiters.filter(isReady);
    this.#waiters = this.#waiters.filter((waiter) => !isReady(waiter));
    for (const { resolve } of ready) resolve();
  }

  #fail(error: unknown): void {
    this.#error = error;
    const help = helpFor(error);
    if (help === "nothing") this.end(error);
    else if (help === "news") this.hold();
    else {
      this.#failures++;
      this.#failWaiters(error);
      if (help === "time") this.#timers.onFailure(this.#failures);
    }
    if (help !== "news") this.#owner.onError(error);
    this.#owner.onChange();
  }

  #failWaiters(error: unknown): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}

/** What it was to be committed with is not; nothing goes out any more. */
const giveUp = ({ undo, reject }: Joint, reason: unknown): void => {
  undo();
  reject(reason);
};
