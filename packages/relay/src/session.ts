/**
 * A welcomed session: takes pushes, and sends its replica the history from its cursor on. It is
 * either at the head, and then gets what each turn changed, or behind, and then reads parts from the
 * engine until it is there; both go on from `sentTo`, so nothing is left out or sent in between.
 */
import { setImmediate } from "node:timers/promises";
import type { Commit, CommitResult, Patch, ReplicaId, Revision, Scope } from "@rockpool/model";
import type { DownMessage, PatchMessage, Pull, Ruled, UpMessage } from "@rockpool/protocol";
import type { Connection } from "./connection.ts";
import type { RelayConfig } from "./relay-config.ts";

/** What a session needs of its bucket. */
export interface SessionBucket {
  readonly epoch: string;
  readonly head: Revision;
  enqueue(session: Session, commits: readonly Commit[]): void;
  readPatch(replica: ReplicaId, from: Revision): Promise<Patch>;
  /** The engine failed: every session of the bucket ends. */
  fail(error: unknown): void;
}

/** What a turn is to the sessions of its bucket. */
export interface TurnNews {
  readonly from: Revision;
  readonly to: Revision;
  /** The frame of these messages and of the turn as a patch that carries these results. */
  frameWith(before: readonly DownMessage[], results: readonly CommitResult[]): string;
  /** The frame of the patch alone, without results, made once for all. */
  readonly sharedFrame: Buffer;
}

export class Session {
  readonly replica: ReplicaId;
  readonly #connection: Connection;
  readonly #bucket: SessionBucket;
  readonly #scope: Scope;
  readonly #config: RelayConfig;
  #sentTo: Revision;
  /** A hello and a pull are answered with a patch even when there is nothing new: it may reveal. */
  #owesPatch = true;
  #isReading = false;
  #isStalled = false;
  /** Counts pulls: what was read for an earlier one is dropped. */
  #pulls = 0;
  #unruledCommits = 0;
  #unruledLength = 0;

  constructor(
    connection: Connection,
    bucket: SessionBucket,
    options: { replica: ReplicaId; scope: Scope; sentTo: Revision; config: RelayConfig },
  ) {
    this.#connection = connection;
    this.#bucket = bucket;
    this.replica = options.replica;
    this.#scope = options.scope;
    this.#sentTo = options.sentTo;
    this.#config = options.config;
  }

  receive(messages: readonly UpMessage[], frameLength: number): void {
    for (const message of messages) {
      if (!this.#connection.isOpen) return;
      this.#handle(message, frameLength);
    }
  }

  /** Answers to its commits, and what the turn changed, in one frame. */
  hearTurn(news: TurnNews, answers: readonly CommitResult[], ownResults: readonly CommitResult[]): void {
    const ruled: Ruled | undefined = answers.length > 0 ? { type: "ruled", results: answers } : undefined;
    this.#unruledCommits -= answers.length;
    if (this.#unruledCommits === 0) this.#unruledLength = 0;
    if (!this.#follows(news)) {
      if (ruled !== undefined) this.#connection.send([ruled]);
      this.catchUp();
      return;
    }
    this.#sentTo = news.to;
    if (ruled === undefined && ownResults.length === 0) return this.#connection.sendFrame(news.sharedFrame);
    this.#connection.sendFrame(news.frameWith(ruled === undefined ? [] : [ruled], ownResults));
  }

  /** Sends parts until the replica has everything, or the socket has no room: then when it has drained. */
  catchUp(): void {
    if (this.#isReading || this.#isStalled || !this.#isBehind()) return;
    this.#isReading = true;
    this.#readParts()
      .finally(() => (this.#isReading = false))
      .catch((error: unknown) => this.#bucket.fail(error));
  }

  /** The socket has sent nearly all it held. What changed meanwhile goes out in few, large parts. */
  onDrained(): void {
    this.#isStalled = false;
    this.catchUp();
  }

  /** Ends the session for a fault of the relay or because it goes down. */
  fail(code: "internal" | "closing", message: string, retryAfterMs?: number): void {
    this.#connection.fail(code, message, retryAfterMs);
  }

  #handle(message: UpMessage, frameLength: number): void {
    switch (message.type) {
      case "push":
        return this.#push(message.commits, frameLength);
      case "pull":
        return this.#pull(message);
      case "fill":
      case "auth":
      case "verify":
        return this.#connection.fail("malformed", `a message of type ${message.type}, which is not served`);
      case "ping":
        return this.#connection.send([{ type: "pong", id: message.id, head: this.#bucket.head }]);
      case "hello":
        return this.#connection.fail("malformed", "a second hello; open another socket for another session");
    }
  }

  #push(commits: readonly Commit[], frameLength: number): void {
    const { pushCommitsMax } = this.#config.limits;
    this.#unruledCommits += commits.length;
    this.#unruledLength += frameLength;
    if (this.#unruledCommits > pushCommitsMax || this.#unruledLength > this.#config.frameBytesMax) {
      const pushed = `${this.#unruledCommits} commits in ${this.#unruledLength} characters pushed and not yet ruled`;
      const limit = `at most ${pushCommitsMax} in ${this.#config.frameBytesMax}`;
      return this.#connection.fail("too-large", `${pushed}, ${limit}: wait for rulings`);
    }
    this.#bucket.enqueue(this, commits);
  }

  #pull({ epoch, from }: Pull): void {
    if (epoch !== this.#bucket.epoch) return;
    if (from > this.#bucket.head) {
      return this.#connection.fail("malformed", `a pull from ${from}, beyond the head ${this.#bucket.head}`);
    }
    this.#sentTo = from;
    this.#owesPatch = true;
    this.#pulls++;
    this.catchUp();
  }

  #follows(news: TurnNews): boolean {
    const isAtHead = this.#sentTo === news.from && news.to > news.from;
    return isAtHead && !this.#isReading && !this.#owesPatch && this.#connection.hasRoom;
  }

  #isBehind(): boolean {
    return this.#owesPatch || this.#sentTo < this.#bucket.head;
  }

  async #readParts(): Promise<void> {
    while (this.#isBehind() && this.#connection.isOpen) {
      if (!this.#connection.hasRoom) {
        this.#isStalled = true;
        return;
      }
      const pulls = this.#pulls;
      const patch = await this.#bucket.readPatch(this.replica, this.#sentTo);
      if (pulls === this.#pulls) {
        this.#sentTo = patch.to;
        this.#owesPatch = false;
        this.#connection.send([this.#patchMessage(patch)]);
      }
      // Others get their turn between two parts.
      if (this.#isBehind()) await setImmediate();
    }
  }

  #patchMessage(patch: Patch): PatchMessage {
    return { type: "patch", epoch: this.#bucket.epoch, scope: this.#scope, patch };
  }
}
