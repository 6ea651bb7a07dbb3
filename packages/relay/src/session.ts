/**
 * A welcomed session: takes pushes within its bounds and its rights, hears what became of them, and
 * answers what its replica asks. What it is sent of the history is its feed's.
 */
import type { Commit, CommitResult, ReplicaId } from "@rockpool/model";
import type { UpMessage, Verify } from "@rockpool/protocol";
import type { Rights } from "./access.ts";
import type { Connection } from "./connection.ts";
import type { Pusher } from "./document-hub.ts";
import { HistoryFeed, type FeedBucket, type FeedOptions } from "./history-feed.ts";
import type { SessionPresence } from "./presence/session-presence.ts";
import { PushRate } from "./push-rate.ts";
import type { RelayConfig } from "./relay-config.ts";
import type { SessionAccess } from "./session-access.ts";
import type { TurnNews } from "./turn-news.ts";
import { hashScope } from "./verify.ts";

/** What a session needs of its bucket. */
export interface SessionBucket extends FeedBucket {
  enqueue(pusher: Pusher, commits: readonly Commit[]): void;
}

export interface SessionOptions extends Omit<FeedOptions, "scope"> {
  readonly access: SessionAccess;
  readonly presence: SessionPresence;
  readonly now: () => number;
}

export class Session implements Pusher {
  readonly replica: ReplicaId;
  readonly #connection: Connection;
  readonly #bucket: SessionBucket;
  readonly #access: SessionAccess;
  readonly #config: RelayConfig;
  readonly #feed: HistoryFeed;
  readonly #presence: SessionPresence;
  readonly #pushRate: PushRate;
  #unruledCommits = 0;
  #unruledLength = 0;
  #isVerifying = false;

  constructor(connection: Connection, bucket: SessionBucket, options: SessionOptions) {
    const { replica, sentTo, config, access, presence, now } = options;
    this.#connection = connection;
    this.#bucket = bucket;
    this.replica = replica;
    this.#access = access;
    this.#presence = presence;
    this.#config = config;
    this.#feed = new HistoryFeed(connection, bucket, { replica, scope: access.scope, sentTo, config });
    this.#pushRate = new PushRate(config.pushesPerSecondMax, now);
  }

  /** What its pushes may do, as of now; undefined once that was taken away. */
  get rights(): Rights | undefined {
    return this.#access.rights;
  }

  receive(messages: readonly UpMessage[], frameLength: number): void {
    for (const message of messages) {
      if (!this.#connection.isOpen || !this.#access.isGood()) return;
      this.#handle(message, frameLength);
    }
  }

  /** Answers to its commits, and what the turn changed, in one frame. */
  hearTurn(news: TurnNews, answers: readonly CommitResult[], ownResults: readonly CommitResult[]): void {
    this.#unruledCommits -= answers.length;
    if (this.#unruledCommits === 0) this.#unruledLength = 0;
    if (!this.#access.isGood()) return;
    this.#feed.hearTurn(news, answers, ownResults);
  }

  /** Sends what is due of the history. */
  catchUp(): void {
    this.#feed.advance();
  }

  /** The socket has sent nearly all it held. */
  onDrained(): void {
    this.#feed.onDrained();
    this.#presence.onDrained();
  }

  /** The session is over. */
  end(): void {
    this.#presence.end();
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
        return this.#feed.pull(message);
      case "fill":
        return this.#feed.fill(message);
      case "auth":
        return this.#access.renew(message.token, () => this.#tellRenewed());
      case "verify":
        return void this.#verify(message).catch((error: unknown) => this.#bucket.fail(error));
      case "ping":
        return this.#connection.send([{ type: "pong", id: message.id, head: this.#bucket.head }]);
      case "attend":
        return this.#presence.attend(message.keys);
      case "aware":
        return this.#presence.aware(message.key, message.update);
      case "hello":
        return this.#connection.fail("malformed", "a second hello; open another socket for another session");
    }
  }

  #tellRenewed(): void {
    this.#connection.send([{ type: "renewed", expiresInMs: this.#access.expiresInMs }]);
  }

  #push(commits: readonly Commit[], frameLength: number): void {
    const waitMs = this.#access.subject === null ? 0 : this.#pushRate.take();
    if (waitMs > 0) {
      const { pushesPerSecondMax } = this.#config;
      const message = `more than ${pushesPerSecondMax} pushes a second: push several commits at once`;
      return this.#connection.fail("busy", message, waitMs);
    }
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

  /** One at a time: whoever asks again meanwhile is told to ask when all is quiet. */
  async #verify({ epoch, at, hash }: Verify): Promise<void> {
    const { epoch: current, head } = this.#bucket;
    const canTell = epoch === current && at === head && !this.#isVerifying;
    if (!canTell) return this.#connection.send([{ type: "verified", at, equal: null }]);
    this.#isVerifying = true;
    const isAsked = (): boolean => this.#connection.isOpen;
    const own = await hashScope(this.#bucket, this.#feed.scope, at, isAsked).finally(() => {
      this.#isVerifying = false;
    });
    this.#connection.send([{ type: "verified", at, equal: own === undefined ? null : own === hash }]);
  }
}
