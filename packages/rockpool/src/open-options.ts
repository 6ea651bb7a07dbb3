/**
 * The options that a bucket is opened with: what they are, and that they can be.
 */
import type { HostOpenOptions } from "@rockpool/host";
import type { BucketSettings } from "@rockpool/log";
import { databaseOf, historyMax, type Key, packKey } from "@rockpool/model";
import { checkBucketName, checkUser, privateName } from "./bucket-name.ts";
import type { SecretsOptions } from "./secrets/lazy-secrets.ts";
import type { OnConflict } from "./sync.ts";

export interface OpenOptions {
  /** The relay's address, ws: or wss:. Without it the bucket stays on this device. */
  readonly relay?: string | URL;
  /**
   * Gives the relay's proof of who is signed in, where it wants one. Called by the tab that carries the
   * session: before it connects, before a token ends, and when one was refused. Where it rejects, or
   * gives nothing for 10 s, it is called again after a pause that grows to a minute. Tabs without it
   * leave the session to those that have it.
   */
  readonly token?: () => Promise<string>;
  /**
   * Whose bucket it is: a name that stays, such as the token's subject. Each user has a copy of their own
   * on the device, which no other user's tab sees or sends. Default: nobody's.
   */
  readonly user?: string;
  /**
   * In Node: the folder that keeps the bucket, as one SQLite file (`shop.sqlite`; a user's copy
   * `shop@ada.sqlite`), made when it is new. All of a process share it; one process at a time has it open,
   * another gets `blocked`. In a browser it is refused. Default: a bucket in Node is in memory.
   */
  readonly folder?: string | URL;
  /** "strict": a commit also survives a power cut. Default "relaxed": it survives a crash of the browser or process. */
  readonly durability?: "relaxed" | "strict";
  /**
   * Where the host runs. Default "auto": in a worker where the platform has one, and on the caller's
   * own thread on WebKit, which can wedge a database when a worker ends. `status().placement` tells.
   */
  readonly placement?: "auto" | "worker" | "main";
  /**
   * "memory": where storage is `unavailable`, the bucket is opened in memory, this tab's own and gone
   * with it; `status().fallback` says why. Default: `openKv` fails.
   */
  readonly fallback?: "memory";
  /** Makes the worker, for bundlers that cannot follow `new URL(…, import.meta.url)`; it must run `rockpool/worker`. */
  readonly worker?: () => Worker;
  /**
   * Asks the browser, once the bucket is open, to keep this site's storage when the disk is full. The
   * browser may ask the user, or say no; neither holds up the opening, nor fails it. Default: false.
   */
  readonly persist?: boolean;
  /**
   * Refuses every write of this tab with `readonly`, and writes nothing for it either: no checkpoints, no
   * sweeps, no session with the relay. Reads, feeds and `status` work; what other tabs sync is seen.
   * A bucket that does not exist is made, empty. Default: false.
   */
  readonly readonly?: boolean;
  /** Has `kv.secrets` stand sealed in the bucket, and synced with it, under a key of the app's. Default: they stay on the device. */
  readonly secrets?: SecretsOptions;
  /**
   * Versions kept of each key, the current one included: 1 to 64. It holds for the bucket, in every tab
   * and from then on, until it is opened with another; fewer let go of older versions as their keys
   * change. A tab that is `readonly` leaves it. Default: as it is kept, 1 when it is new.
   */
  readonly history?: number;
  /**
   * The life of an entry that is set without an `expireIn` of its own, in ms: an integer of 1 or more,
   * or "never". It holds for the bucket, as `history` does, and for what is set from then on; what
   * `sum`, `min` and `max` make stays. Default: as it is kept, "never" when it is new.
   */
  readonly expireIn?: number | "never";
  /** What a commit of this tab waits for if it does not say; see `confirm` of `CommitOptions`. Default "local". */
  readonly confirm?: "relay" | "local";
  /**
   * How writes of several devices to one key meet. "last-write-wins": the later one stands. "revision":
   * each `set` and `delete` of this tab holds only where the relay has the entry that it was written
   * over, and is rejected with its commit where not; `sum`, `min` and `max` add up as ever. Each key
   * counts as a check too, 1,000 at most a commit. Default "last-write-wins".
   */
  readonly conflict?: "last-write-wins" | "revision";
  /**
   * Decides on commits that the relay rejected because a key they set or delete had changed: in one tab,
   * at once or when the bucket is opened next. Without it, and when it throws (`sync.status.error` says
   * so) or answers undefined, they wait in `sync.rejected()`. Not asked: where a check failed on a key that
   * the commit does not write.
   */
  readonly onConflict?: OnConflict;
  /**
   * Prefixes to keep on this device; others stay at the relay. As `sync.follow`, whose word it is from the
   * start: nothing else is ever fetched. It holds for the bucket, until another is given. Default: as it is
   * kept, the whole bucket when it is new.
   */
  readonly follow?: readonly Key[];
}

/** What a host is opened with. @throws TypeError for a name or an option that cannot be */
export const hostOptions = (name: string, options: OpenOptions): HostOpenOptions => {
  const { relay, durability = "relaxed", readonly = false, secrets, history, expireIn } = options;
  const { placement = "auto", fallback, conflict = "last-write-wins", onConflict, user, token } = options;
  checkBucketName(name);
  checkUser(user);
  if (token !== undefined && typeof token !== "function") {
    throw new TypeError(`token must be a function that gives a promise of one: received ${typeof token}`);
  }
  checkPolicies(options);
  if (placement !== "auto" && placement !== "worker" && placement !== "main") {
    throw new TypeError(`placement must be "auto", "worker" or "main": received ${String(placement)}`);
  }
  if (fallback !== undefined && fallback !== "memory") {
    throw new TypeError(`fallback must be "memory", or left out: received ${String(fallback)}`);
  }
  if (durability !== "relaxed" && durability !== "strict") {
    throw new TypeError(`durability must be "relaxed" or "strict": received ${String(durability)}`);
  }
  if (secrets !== undefined) checkSecretsKey(secrets.key);
  return {
    bucket: name,
    database: name === privateName ? databaseOf(`${name}${crypto.randomUUID()}`) : databaseOf(name, user),
    durability,
    readonly,
    conflict,
    resolvesConflicts: onConflict !== undefined,
    ...(relay === undefined ? {} : { relay: relayUrl(relay) }),
    settings: settingsOf(history, expireIn),
    ...(options.follow === undefined ? {} : { follow: options.follow.map((prefix) => packKey(prefix)) }),
  };
};

const checkPolicies = (options: OpenOptions): void => {
  const { relay, confirm = "local", conflict = "last-write-wins", onConflict } = options;
  if (confirm !== "relay" && confirm !== "local") {
    throw new TypeError(`confirm must be "relay" or "local": received ${String(confirm)}`);
  }
  if (confirm === "relay" && relay === undefined) {
    throw new TypeError(
      `confirm: "relay" needs a relay to confirm commits: pass its address in the option relay, or leave confirm out`,
    );
  }
  if (onConflict !== undefined && typeof onConflict !== "function") {
    throw new TypeError(`onConflict must be a function, or left out: received ${typeof onConflict}`);
  }
  if (conflict !== "last-write-wins" && conflict !== "revision") {
    throw new TypeError(`conflict must be "last-write-wins" or "revision": received ${String(conflict)}`);
  }
};

const checkSecretsKey = (key: CryptoKey | undefined): void => {
  const { algorithm, usages = [] } = key ?? {};
  if (algorithm?.name === "AES-GCM" && usages.includes("encrypt") && usages.includes("decrypt")) return;
  throw new TypeError(
    `secrets.key must be a CryptoKey for AES-GCM that may encrypt and decrypt: received ${algorithm?.name ?? typeof key} for ${usages.join(", ") || "nothing"}`,
  );
};

const settingsOf = (
  history: number | undefined,
  expireIn: number | "never" | undefined,
): Partial<BucketSettings> => {
  if (history !== undefined && !isInteger(history, 1, historyMax)) {
    throw new TypeError(
      `history must be an integer from 1 to ${historyMax}, the versions kept of each key: received ${String(history)}`,
    );
  }
  if (expireIn !== undefined && expireIn !== "never" && !isInteger(expireIn, 1, Number.MAX_SAFE_INTEGER)) {
    throw new TypeError(
      `expireIn must be an integer of at least 1, in ms, or "never": received ${String(expireIn)}`,
    );
  }
  return {
    ...(history === undefined ? {} : { history }),
    ...(expireIn === undefined ? {} : { expireInMs: expireIn === "never" ? null : expireIn }),
  };
};

const isInteger = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

/** Not by `URL.parse`, which Safari 17 lacks. */
const relayUrl = (relay: string | URL): string => {
  try {
    const { protocol, href } = new URL(relay);
    if (protocol === "ws:" || protocol === "wss:") return href;
  } catch {
    // No address at all; refused like one of another kind.
  }
  throw new TypeError(`relay must be a ws: or wss: address: received ${String(relay)}`);
};
