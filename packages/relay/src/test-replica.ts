/**
 * For tests: the smallest replica that can be right. It pushes its commits until a patch brings their
 * results, applies a patch only if epoch and `from` are its own, and asks again where one was not.
 */
import {
  nameKey,
  type Commit,
  type CommitResult,
  type Mutation,
  type PackedKey,
  type Patch,
  type Value,
} from "@rockpool/model";
import type { DownMessage } from "@rockpool/protocol";
import { commitOf } from "./commit-fixture.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

export class TestReplica {
  readonly replica: string;
  readonly host: string;
  readonly valueByKey: Map<PackedKey, Value> = new Map<PackedKey, Value>();
  readonly resultByName: Map<string, CommitResult> = new Map<string, CommitResult>();
  readonly pendingByName: Map<string, Commit> = new Map<string, Commit>();
  epoch: string | null = null;
  cursor = 0;
  isUpToDate = false;
  #made = 0;
  #heard = 0;
  #socket: TestSocket | undefined;

  constructor(host: string, replica = `replica-${host}`) {
    this.host = host;
    this.replica = replica;
  }

  /** Opens a session, and pushes what is pending. */
  async connect(url: string): Promise<void> {
    const hello = helloOf(this.replica, { epoch: this.epoch, cursor: this.cursor });
    const { socket, welcome } = await TestSocket.join(url, hello);
    if (!welcome.valid) {
      this.valueByKey.clear();
      this.cursor = 0;
    }
    this.epoch = welcome.epoch;
    this.isUpToDate = false;
    this.#heard = 0;
    this.#socket = socket;
    this.push(...this.pendingByName.values());
  }

  async disconnect(): Promise<void> {
    await this.#socket?.[Symbol.asyncDispose]();
    this.#socket = undefined;
  }

  /** Makes a commit, and pushes it where there is a session. */
  commit(mutations: readonly Mutation[], atMs: number): Commit {
    const commit = commitOf(this.host, ++this.#made, mutations, { atMs });
    this.pendingByName.set(nameKey(commit.name), commit);
    this.push(commit);
    return commit;
  }

  push(...commits: readonly Commit[]): void {
    if (commits.length > 0) this.#socket?.send({ type: "push", commits });
  }

  /** Waits until nothing is pending, and everything up to `head` has come. */
  async settle(head = 0): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error("there is no session");
    await socket.until(() => {
      this.#hear(socket);
      return this.pendingByName.size === 0 && this.isUpToDate && this.cursor >= head;
    }, `${this.replica} to settle with ${this.pendingByName.size} pending at ${this.cursor}`);
  }

  #hear(socket: TestSocket): void {
    for (; this.#heard < socket.messages.length; this.#heard++) {
      const message = socket.messages[this.#heard];
      if (message !== undefined) this.#hearOne(message, socket);
    }
  }

  #hearOne(message: DownMessage, socket: TestSocket): void {
    if (message.type === "ruled") {
      // What came in a patch before is not pending any more; what comes in one later leaves then.
      for (const result of message.results) if (result.revision <= this.cursor) this.#settleOne(result);
    }
    if (message.type !== "patch") return;
    const isNext = message.epoch === this.epoch && message.patch.from === this.cursor;
    if (isNext) this.#apply(message.patch);
    if (!isNext || message.paused === true) {
      socket.send({ type: "pull", epoch: message.epoch, from: this.cursor });
    }
  }

  #apply(patch: Patch): void {
    for (const { key, value } of patch.entries) {
      if (value === undefined) this.valueByKey.delete(key);
      else this.valueByKey.set(key, value);
    }
    for (const result of patch.results) this.#settleOne(result);
    this.cursor = patch.to;
    this.isUpToDate = patch.upToDate;
  }

  #settleOne(result: CommitResult): void {
    this.resultByName.set(nameKey(result.name), result);
    this.pendingByName.delete(nameKey(result.name));
  }
}
