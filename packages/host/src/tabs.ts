/**
 * The hosts of one bucket on a device, to each other: notices of new rows, the state of the session,
 * and who is there. Everything said here is a hint; what holds is the log.
 */
import type { CommitRow, PlacedRow } from "@rockpool/log";
import { channelOf, entryBytes, mutationBytes, type PackedError, type PackedKey } from "@rockpool/model";
import type { HostEnvironment, HostChannel } from "./environment.ts";
import type { AppendNotice } from "./ledger.ts";

/** What the host that carries the session tells the others of it. */
export interface SessionNews {
  readonly host: string;
  readonly phase: string;
  /** The highest revision the relay is known to have reached. */
  readonly head: number;
  readonly error: PackedError | null;
  /** Whether its tab is visible. */
  readonly visible: boolean;
}

/** Who is present at which documents: presence/presence.ts. */
export type PresenceMessage =
  /** A host's tab wants to hear of these documents, and of no others. `asks`: who is there is to say so now. */
  | {
      readonly type: "attend";
      readonly host: string;
      readonly keys: readonly PackedKey[];
      readonly asks: boolean;
    }
  /** A host's tab says who is present in it, and how its end is to be said; without `end` this is it. */
  | {
      readonly type: "aware";
      readonly host: string;
      readonly source: number;
      readonly key: PackedKey;
      readonly update: Uint8Array;
      readonly end?: Uint8Array;
    }
  /** The relay told of others. */
  | { readonly type: "remote"; readonly key: PackedKey; readonly update: Uint8Array };

export type TabMessage =
  | PresenceMessage
  /** `row` only when it is small; who does not get it reads the log. */
  | { readonly type: "notice"; readonly after: number; readonly position: number; readonly row?: PlacedRow }
  | ({ readonly type: "session" } & SessionNews)
  /** A visible tab that would carry the session asks who does: a holder answers with its news. */
  | { readonly type: "ask" }
  | { readonly type: "joined" }
  | { readonly type: "left" }
  /** Asks the host that carries the session for the relay's head. */
  | { readonly type: "probe"; readonly id: number }
  | { readonly type: "probed"; readonly id: number; readonly head: number }
  /** The session should be tried again now. */
  | { readonly type: "wake" }
  /** The app was asked about these rejected groups and left them in the list. */
  | { readonly type: "undecided"; readonly ids: readonly string[] }
  /** The app wants syncing to go on: a session that waits for it does. */
  | { readonly type: "resume" }
  /** The bucket is about to be deleted: let go of it. Said by the page that deletes it. */
  | { readonly type: "destroyed" }
  /** The user signs out: let go of the bucket, which stays or is deleted. */
  | { readonly type: "signed-out" };

export interface TabListener {
  onNotice(notice: AppendNotice | undefined): void;
  onMessage(message: Exclude<TabMessage, { type: "notice" }>): void;
  /** How many hosts have the bucket open, this one included. */
  onCount(count: number): void;
  /** Another host has ended, whether it said so or not. */
  onGone(host: string): void;
}

const messageTypes: ReadonlySet<unknown> = new Set([
  "notice",
  "session",
  "ask",
  "joined",
  "left",
  "probe",
  "probed",
  "wake",
  "undecided",
  "resume",
  "destroyed",
  "signed-out",
  "attend",
  "aware",
  "remote",
]);

/** Bytes of a commit row that still travels in a notice, about; who does not get it reads the log. */
const noticeBytesMax = 16 * 1024;
/** What a mutation adds to a notice besides its key and value. */
const mutationOverheadBytes = 64;

/** Longest wait for other hosts to let go of the bucket, and how often it is looked whether they have, in ms. */
const letGoMsMax = 2000;
const lookMs = 50;

/** The name of the Web Lock that a host holds while it lives. */
export const hostLockName = (database: string, host: string): string => `rockpool:host:${database}:${host}`;
/** The name of the Web Lock whose holder carries the session. */
export const syncLockName = (database: string): string => `rockpool:sync:${database}`;

export class Tabs {
  readonly #database: string;
  readonly #host: string;
  readonly #environment: HostEnvironment;
  readonly #listener: TabListener;
  readonly #channel: HostChannel;
  readonly #closing = new AbortController();
  readonly #watched = new Set<string>();
  #release: (() => void) | undefined;

  constructor(database: string, host: string, environment: HostEnvironment, listener: TabListener) {
    this.#database = database;
    this.#host = host;
    this.#environment = environment;
    this.#listener = listener;
    this.#channel = environment.openChannel(channelOf(database));
    this.#channel.onMessage = (message) => this.#onMessage(message);
  }

  /** Takes this host's own lock, by which others learn of its death, and says hello. */
  async join(): Promise<void> {
    await new Promise<void>((joined) => {
      void this.#environment.locks.request(hostLockName(this.#database, this.#host), () => {
        joined();
        return new Promise<void>((release) => {
          this.#release = release;
        });
      });
    });
    this.post({ type: "joined" });
    await this.#count();
  }

  post(message: TabMessage): void {
    if (!this.#closing.signal.aborted) this.#channel.post(message);
  }

  /** Tells the others of a row that this host appended. */
  notify({ after, row }: AppendNotice): void {
    const isSmall = row.type === "commit" && bytesOf(row) <= noticeBytesMax;
    this.post({ type: "notice", after, position: row.position, ...(isSmall ? { row } : {}) });
  }

  /** Has the other hosts let go of the bucket, and waits a moment for those that are awake. */
  async endOthers(): Promise<void> {
    this.post({ type: "signed-out" });
    for (let waitedMs = 0; waitedMs < letGoMsMax; waitedMs += lookMs) {
      if ((await this.#living()).length <= 1) return;
      await new Promise<void>((resolve) => {
        this.#environment.setTimer(resolve, lookMs);
      });
    }
  }

  close(): void {
    this.post({ type: "left" });
    this.#closing.abort();
    this.#channel.close();
    this.#release?.();
  }

  #onMessage(message: unknown): void {
    if (!isTabMessage(message)) return;
    if (message.type === "notice") {
      this.#listener.onNotice(
        message.row === undefined ? undefined : { after: message.after, row: message.row },
      );
      return;
    }
    if (message.type === "joined" || message.type === "left") void this.#count();
    this.#listener.onMessage(message);
  }

  /** The locks of the living. */
  async #living(): Promise<readonly string[]> {
    const { held = [] } = await this.#environment.locks.query();
    const prefix = hostLockName(this.#database, "");
    // A host holds its lock alone; those who waited for its end hold it together, for a moment.
    const names = held.flatMap(({ name, mode }) =>
      mode === "exclusive" && name !== undefined ? [name] : [],
    );
    return names.filter((name) => name.startsWith(prefix));
  }

  /** Counts the living, and waits on each for its end. */
  async #count(): Promise<void> {
    const hosts = await this.#living();
    if (this.#closing.signal.aborted) return;
    this.#listener.onCount(Math.max(1, hosts.length));
    for (const name of hosts) if (name !== hostLockName(this.#database, this.#host)) this.#watch(name);
  }

  #watch(name: string): void {
    if (this.#watched.has(name)) return;
    this.#watched.add(name);
    this.#environment.locks
      .request(name, { mode: "shared", signal: this.#closing.signal }, () => {
        this.#watched.delete(name);
      })
      .then(() => {
        this.#listener.onGone(name.slice(hostLockName(this.#database, "").length));
        return this.#count();
      })
      .catch((error: unknown) => {
        // Closing aborts the wait; nothing else can end it.
        if (!this.#closing.signal.aborted) throw error;
      });
  }
}

const bytesOf = ({ commits }: CommitRow): number => {
  let bytes = 0;
  for (const { mutations, effects } of commits) {
    for (const mutation of mutations) bytes += mutationOverheadBytes + mutationBytes(mutation);
    for (const effect of effects) bytes += mutationOverheadBytes + entryBytes(effect);
  }
  return bytes;
};

const isTabMessage = (message: unknown): message is TabMessage =>
  typeof message === "object" && message !== null && "type" in message && messageTypes.has(message.type);
