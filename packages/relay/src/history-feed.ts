/**
 * Sends a session the history of its scope. It is either at the head, and then gets what each turn
 * changed; or behind, and then parts are read from the engine until it is there, or until so many were
 * sent that the replica is asked to go on; or it fills, and then gets the pages it asks for and nothing
 * else. All go on from `sentTo`, so nothing is left out or sent in between.
 */
import { setImmediate } from "node:timers/promises";
import {
  intersectScopes,
  type CommitResult,
  type Patch,
  type ReplicaId,
  type Revision,
  type Scope,
} from "@rockpool/model";
import type { Fill, Pull, Ruled } from "@rockpool/protocol";
import type { Connection } from "./connection.ts";
import type { Page, PatchQuery } from "./engine.ts";
import type { RelayConfig } from "./relay-config.ts";
import { nameScope, type NamedScope, type TurnNews } from "./turn-news.ts";

/** What a session reads of its bucket. */
export interface FeedBucket {
  readonly epoch: string;
  readonly head: Revision;
  /** Who has received less than this, but something, lacks deletions that were dropped. */
  readonly floor: Revision;
  readPatch(
    replica: ReplicaId,
    from: Revision,
    query: Pick<PatchQuery, "scope" | "entriesAfter">,
  ): Promise<Patch>;
  readPage(scope: Scope, after: Fill["after"]): Promise<Page>;
  /** The engine failed: every session of the bucket ends. */
  fail(error: unknown): void;
}

export interface FeedOptions {
  readonly replica: ReplicaId;
  readonly scope: Scope;
  readonly sentTo: Revision;
  readonly config: RelayConfig;
}

/** Fills asked for and not yet answered, at most. */
const fillsMax = 16;

export class HistoryFeed {
  readonly scope: Scope;
  readonly #namedScope: NamedScope;
  readonly #connection: Connection;
  readonly #bucket: FeedBucket;
  readonly #replica: ReplicaId;
  readonly #config: RelayConfig;
  #sentTo: Revision;
  /** - `patches`: parts, then turns. - `paused`, `filling`: no patches before the next pull. */
  #phase: "patches" | "paused" | "filling" = "patches";
  /** A hello and a pull are answered with a patch even when there is nothing new: it may reveal. */
  #owesPatch = true;
  #partsLeft: number;
  #entriesAfter: Revision = 0;
  /** The bucket's floor when the replica began to receive from `sentTo` on. */
  #floor: Revision;
  #fills: Fill[] = [];
  #isReading = false;
  #isStalled = false;
  /** Counts pulls and fills: what was read for an earlier one is dropped. */
  #asked = 0;

  constructor(connection: Connection, bucket: FeedBucket, options: FeedOptions) {
    this.#connection = connection;
    this.#bucket = bucket;
    this.#replica = options.replica;
    this.scope = options.scope;
    this.#namedScope = nameScope(options.scope);
    this.#sentTo = options.sentTo;
    this.#config = options.config;
    this.#partsLeft = options.config.catchUpPartsMax;
    this.#floor = bucket.floor;
  }

  /** Answers to the session's commits, and what the turn changed, in one frame. */
  hearTurn(news: TurnNews, answers: readonly CommitResult[], ownResults: readonly CommitResult[]): void {
    const ruled: readonly Ruled[] = answers.length > 0 ? [{ type: "ruled", results: answers }] : [];
    if (!this.#follows(news)) {
      this.#connection.send(ruled);
      this.advance();
      return;
    }
    this.#sentTo = news.to;
    this.#connection.sendFrame(news.frameWith(this.#namedScope, ruled, ownResults));
  }

  /** Goes on from another place in the history. Beyond the head there is nothing to ask for. */
  pull({ epoch, from, filledTo = 0 }: Pull): void {
    const { head, floor } = this.#bucket;
    if (epoch !== this.#bucket.epoch) return;
    const last = Math.max(from, filledTo);
    if (last > head) {
      return this.#connection.fail("malformed", `a pull from ${last}, beyond the head ${head}`);
    }
    this.#sentTo = from;
    this.#entriesAfter = filledTo;
    this.#phase = "patches";
    this.#owesPatch = true;
    this.#partsLeft = this.#config.catchUpPartsMax;
    this.#asked++;
    this.#floor = last === 0 ? floor : Math.min(floor, last);
    this.advance();
  }

  /** Sends a page; no patches from here to the next pull. */
  fill(fill: Fill): void {
    if (fill.epoch !== this.#bucket.epoch) return;
    if (this.#fills.length >= fillsMax) {
      return this.#connection.fail("too-large", `more than ${fillsMax} fills at once: wait for the pages`);
    }
    this.#fills.push(fill);
    this.#phase = "filling";
    this.#asked++;
    this.advance();
  }

  /** Sends what is due until the replica has everything, or the socket has no room: then when it has drained. */
  advance(): void {
    if (this.#isReading || this.#isStalled || !this.#isDue()) return;
    this.#isReading = true;
    this.#sendDue().catch((error: unknown) => this.#bucket.fail(error));
  }

  /** The socket has sent nearly all it held. What changed meanwhile goes out in few, large parts. */
  onDrained(): void {
    this.#isStalled = false;
    this.advance();
  }

  #follows(news: TurnNews): boolean {
    const isAtHead = this.#sentTo === news.from && news.to > news.from && this.#phase === "patches";
    return isAtHead && !this.#isReading && !this.#owesPatch && this.#connection.hasRoom;
  }

  #isDue(): boolean {
    const isBehind = this.#owesPatch || this.#sentTo < this.#bucket.head;
    return this.#fills.length > 0 || (this.#phase === "patches" && isBehind);
  }

  async #sendDue(): Promise<void> {
    try {
      while (this.#isDue() && this.#connection.isOpen) {
        if (!this.#connection.hasRoom) {
          this.#isStalled = true;
          return;
        }
        const [fill] = this.#fills;
        if (fill === undefined) await this.#sendPart();
        else await this.#sendPage(fill);
        // Others get their turn between two parts.
        if (this.#isDue()) await setImmediate();
      }
    } finally {
      this.#isReading = false;
    }
  }

  async #sendPage({ after, within }: Fill): Promise<void> {
    const { epoch } = this.#bucket;
    const asked = within === undefined ? this.scope : intersectScopes(this.scope, [within]);
    const page = await this.#bucket.readPage(asked, after);
    this.#fills.shift();
    this.#connection.send([{ type: "page", epoch, scope: this.scope, after, ...page }]);
  }

  async #sendPart(): Promise<void> {
    if (this.#lacksDeletions()) return this.#cutOff();
    const asked = this.#asked;
    const query = { scope: this.scope, entriesAfter: this.#entriesAfter };
    const patch = await this.#bucket.readPatch(this.#replica, this.#sentTo, query);
    if (asked !== this.#asked) return;
    this.#sentTo = patch.to;
    this.#owesPatch = false;
    this.#partsLeft = patch.upToDate ? this.#config.catchUpPartsMax : this.#partsLeft - 1;
    if (this.#partsLeft === 0) this.#phase = "paused";
    const { epoch } = this.#bucket;
    const message = { type: "patch", epoch, scope: this.scope, patch } as const;
    this.#connection.send([this.#phase === "paused" ? { ...message, paused: true } : message]);
  }

  /** True when tombstones were dropped that the replica has not received. */
  #lacksDeletions(): boolean {
    const { floor } = this.#bucket;
    return floor > this.#floor && Math.max(this.#sentTo, this.#entriesAfter) < floor;
  }

  #cutOff(): void {
    const missed = `deletions up to revision ${this.#bucket.floor} were dropped`;
    this.#connection.fail("busy", `${missed}, and patches cannot go on: say hello again, and fill`, 0);
  }
}
