/**
 * A bucket's relation to its relay, as the app sees it: the last status told, events, decisions.
 * Waiting ends with the caller's signal; what was asked for goes on.
 */
import type {
  HostEvent,
  Outcome,
  TransportRejectedGroup,
  TransportRejectedMutation,
  TransportStatus,
  TransportSuperseded,
} from "@rockpool/host";
import {
  isVersionstamp,
  type Key,
  type KvError,
  packKey,
  packError,
  unpackError,
  unpackKey,
} from "@rockpool/model";
import type { HostConnection } from "./host-connection.ts";
import type {
  RejectedGroup,
  RejectedMutation,
  Settled,
  SignOutOptions,
  SignOutResult,
  SupersededWrite,
  Sync,
  SyncEventMap,
  SyncStatus,
} from "./sync.ts";
import { decodeFromHost, toEntry } from "./transport.ts";

type SyncEvent = Extract<HostEvent, { type: "status" | "rejected" | "superseded" | "diverged" | "token" }>;

interface Waiting {
  readonly signal?: AbortSignal;
}

const noStatus: SyncStatus = {
  state: "off",
  pending: 0,
  oldestPendingMs: null,
  rejected: 0,
  tabs: 1,
  syncing: false,
  error: null,
  followed: [[]],
};

/** What syncing needs of the page. */
export interface SyncPage {
  /** As in `openKv`. */
  readonly token: (() => Promise<string>) | undefined;
  readonly signOut: (options: SignOutOptions) => Promise<SignOutResult>;
}

export class SyncClient implements Sync {
  readonly #events = new EventTarget();
  readonly #connection: HostConnection;
  readonly #page: SyncPage;
  #status: SyncStatus = noStatus;

  constructor(connection: HostConnection, page: SyncPage) {
    this.#connection = connection;
    this.#page = page;
  }

  get status(): SyncStatus {
    return this.#status;
  }

  onEvent(event: SyncEvent): void {
    switch (event.type) {
      case "status":
        this.#status = toStatus(event.status);
        return this.#dispatch("status", this.#status);
      case "rejected":
        return this.#dispatch("rejected", event.groups.map(toGroup));
      case "diverged":
        return this.#dispatch("diverged", { revision: event.revision });
      case "superseded":
        return this.#dispatch("superseded", event.writes.map(toSuperseded));
      case "token":
        return void this.#giveToken(event.id);
    }
  }

  /** The bucket has ended by itself. */
  onEnd(error: KvError): void {
    this.#dispatch("ended", error);
  }

  async pause({ signal }: Waiting = {}): Promise<void> {
    await this.#connection.call("pause", { paused: true }, signal);
  }

  async resume({ signal }: Waiting = {}): Promise<void> {
    await this.#connection.call("pause", { paused: false }, signal);
  }

  async flush({ signal }: Waiting = {}): Promise<void> {
    await this.#connection.call("flush", {}, signal);
  }

  async settled(versionstamp: string, { signal }: Waiting = {}): Promise<Settled> {
    if (!isVersionstamp(versionstamp)) {
      throw new TypeError(
        `${String(versionstamp)} is no versionstamp (20 hex digits); pass the one a commit gave`,
      );
    }
    const settled = await this.#connection.call("settled", { versionstamp }, signal);
    return settled.type === "rejected"
      ? settled
      : { ...settled, superseded: settled.superseded.map(unpackKey) };
  }

  async follow(prefixes: readonly Key[]): Promise<void> {
    await this.#connection.call("follow", { prefixes: prefixes.map((prefix) => packKey(prefix)) });
  }

  async signOut(options: SignOutOptions = {}): Promise<SignOutResult> {
    return this.#page.signOut(options);
  }

  async rejected({ signal }: Waiting = {}): Promise<readonly RejectedGroup[]> {
    return (await this.#connection.call("rejected", {}, signal)).map(toGroup);
  }

  async superseded({ signal }: Waiting = {}): Promise<readonly SupersededWrite[]> {
    return (await this.#connection.call("superseded", {}, signal)).map(toSuperseded);
  }

  async retry(id: string, { signal }: Waiting = {}): Promise<void> {
    await this.#connection.call("retry", { id }, signal);
  }

  async discard(id: string, { signal }: Waiting = {}): Promise<void> {
    await this.#connection.call("discard", { id }, signal);
  }

  addEventListener<K extends keyof SyncEventMap>(
    type: K,
    listener: (event: SyncEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ): void {
    this.#events.addEventListener(type, listener as EventListener, options);
  }

  removeEventListener<K extends keyof SyncEventMap>(
    type: K,
    listener: (event: SyncEventMap[K]) => void,
  ): void {
    this.#events.removeEventListener(type, listener as EventListener);
  }

  async #giveToken(id: number): Promise<void> {
    const answer = await tokenOf(this.#page.token);
    // A host that is gone needs none.
    this.#connection.call("token", { id, answer }).catch(() => {});
  }

  #dispatch<K extends keyof SyncEventMap>(type: K, detail: SyncEventMap[K]["detail"]): void {
    this.#events.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Whatever comes of asking the app, its host hears of it. */
const tokenOf = async (getToken: (() => Promise<string>) | undefined): Promise<Outcome<string>> => {
  try {
    const token: unknown = await getToken?.();
    if (typeof token === "string" && token !== "") return { ok: true, value: token };
    throw new TypeError(
      `the option token gave ${typeof token === "string" ? "an empty string" : typeof token} where a token is a string`,
    );
  } catch (error) {
    return { ok: false, error: packError(error) };
  }
};

const toStatus = ({ error, followed, ...status }: TransportStatus): SyncStatus => ({
  ...status,
  followed: followed.map(unpackKey),
  error: error === null ? null : (unpackError(error) as SyncStatus["error"]),
});

const toGroup = ({ id, commits }: TransportRejectedGroup): RejectedGroup => ({
  id,
  commits: commits.map(({ versionstamp, reason, checks, mutations }) => ({
    versionstamp,
    reason,
    checks: checks.map(unpackKey),
    mutations: mutations.map(toMutation),
  })),
});

const toSuperseded = ({ mutation, ...write }: TransportSuperseded): SupersededWrite => ({
  ...write,
  mutation: toMutation(mutation),
});

const toMutation = ({ type, key, mine, theirs }: TransportRejectedMutation): RejectedMutation => ({
  type,
  key: unpackKey(key),
  mine: mine === undefined ? null : decodeFromHost(mine),
  theirs: toEntry(theirs),
});
