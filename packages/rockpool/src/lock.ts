/**
 * A lock: a lease that stands under a key, and ends by itself when its holder is gone. The holder
 * counts its lease from before it asks, the store from after: so the holder's ends first, and no two
 * leases overlap, whatever freezes. The token grows with every holder, for what can refuse an old one.
 * @see https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html fencing tokens
 */
import { type Key, KvError } from "@rockpool/model";
import { sleep, type TabClock } from "./clock.ts";
import type { KvEntryMaybe } from "./entry.ts";
import type { Kv } from "./kv.ts";
import type { Lease, LockOptions } from "./lease.ts";

/** What stands under the key of a lock. */
interface LeaseValue {
  readonly owner: string;
  /** Of its holder; null until the first renewal, when it is the entry's versionstamp. */
  readonly token: string | null;
  /** When it ends by its holder's clock, in ms since 1970: when to look again. */
  readonly untilMs: number;
}

interface Hold {
  readonly versionstamp: string;
  readonly untilMs: number;
}

type Reader = ReadableStreamDefaultReader<readonly KvEntryMaybe<unknown>[]>;
type Change = ReturnType<Reader["read"]>;
type LockKv = Pick<Kv, "get" | "atomic" | "watch">;

/** The shortest lease, in ms: it must outlast the transactions that renew it. */
const ttlMsMin = 100;
/** The longest, in ms: what a holder that is gone leaves others to wait. */
const ttlMsMax = 24 * 60 * 60 * 1000;
/** Renewals in the life of a lease: two may fail. */
const renewalsPerLife = 3;
/** Between looks at a lease that should have ended, in ms: clocks of holder and store differ a little. */
const lookMs = 20;

/** As `Kv.lock`. */
export const lock = async <T>(
  kv: LockKv,
  clock: TabClock,
  key: Key,
  { ttlMs, signal }: LockOptions,
  work: (lease: Lease) => T | Promise<T>,
): Promise<T> => {
  if (!Number.isInteger(ttlMs) || ttlMs < ttlMsMin || ttlMs > ttlMsMax) {
    throw new TypeError(
      `ttlMs must be an integer from ${ttlMsMin} to ${ttlMsMax}: received ${String(ttlMs)}`,
    );
  }
  signal?.throwIfAborted();
  const reader = (kv.watch([key]) as ReadableStream<readonly KvEntryMaybe<unknown>[]>).getReader();
  try {
    const claim = new Claim(kv, clock, key, ttlMs);
    const { hold, change } = await acquire(claim, reader, signal);
    const tenure = new Tenure(claim, hold);
    tenure.guard(reader, change);
    try {
      signal?.throwIfAborted();
      return await work(tenure);
    } finally {
      await tenure.end();
    }
  } finally {
    // It fails when the bucket is closed, and then there is nothing to cancel.
    reader.cancel().catch(() => undefined);
  }
};

/** One caller's wish for a lock: what it writes under the key. */
class Claim {
  readonly kv: LockKv;
  readonly clock: TabClock;
  readonly key: Key;
  readonly ttlMs: number;
  readonly #owner: string;

  constructor(kv: LockKv, clock: TabClock, key: Key, ttlMs: number) {
    this.kv = kv;
    this.clock = clock;
    this.key = key;
    this.ttlMs = ttlMs;
    this.#owner = clock.drawId();
  }

  /** Writes the lease on the condition that the entry stands as `versionstamp` says; undefined when it does not. */
  async write(versionstamp: string | null, token: string | null): Promise<Hold | undefined> {
    const { kv, clock, key, ttlMs } = this;
    const untilMs = clock.now() + ttlMs;
    const value: LeaseValue = { owner: this.#owner, token, untilMs };
    const operation = kv.atomic().check({ key, versionstamp }).set(key, value, { expireIn: ttlMs });
    const committed = await operation.commit();
    return committed.ok ? { versionstamp: committed.versionstamp, untilMs } : undefined;
  }

  async isMine(): Promise<boolean> {
    const { value } = await this.kv.get(this.key);
    return isLease(value) && value.owner === this.#owner;
  }
}

/** Waits until the key is free and takes it; with the read of the feed that is under way. @throws TypeError when something else stands there */
const acquire = async (
  claim: Claim,
  reader: Reader,
  signal: AbortSignal | undefined,
): Promise<{ readonly hold: Hold; readonly change: Change }> => {
  const { kv, clock, key } = claim;
  let change = nextChange(reader);
  for (;;) {
    signal?.throwIfAborted();
    const { value, versionstamp } = await kv.get(key);
    if (versionstamp === null) {
      // Not by `signal`: a lease that is taken must be known, to be given back.
      const hold = await claim.write(null, null);
      if (hold !== undefined) return { hold, change };
      continue;
    }
    if (!isLease(value)) {
      throw new TypeError(
        `the key ${JSON.stringify(key.map(String))} holds something that is no lease; give the lock a key of its own`,
      );
    }
    const looked = new AbortController();
    const stop = (): void => looked.abort(signal?.reason);
    signal?.addEventListener("abort", stop);
    const end = sleep(clock, Math.max(lookMs, value.untilMs - clock.now()), looked.signal);
    try {
      if ((await Promise.race([change, end])) !== undefined) change = nextChange(reader);
    } finally {
      signal?.removeEventListener("abort", stop);
      // Ends the sleep, unless that ended the race.
      end.catch(() => undefined);
      looked.abort();
    }
  }
};

const nextChange = (reader: Reader): Change => {
  const change = reader.read();
  // Who waits for it hears of its failure; at other times nobody does.
  change.catch(() => undefined);
  return change;
};

/** The time for which a lease is held: renewed until it ends, and told when it is lost. */
class Tenure implements Lease {
  readonly token: string;
  readonly #claim: Claim;
  readonly #lost = new AbortController();
  #hold: Hold;
  #renewing: Promise<void> | undefined;
  #cancelRenewal: (() => void) | undefined;
  #cancelEnd: (() => void) | undefined;
  #ended = false;

  constructor(claim: Claim, hold: Hold) {
    this.#claim = claim;
    this.#hold = hold;
    this.token = hold.versionstamp;
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Hears of others who write the key: a delete by hand, or another device. */
  guard(reader: Reader, first: Change): void {
    const look = async (): Promise<void> => {
      for (let change = first; ; change = reader.read()) {
        const { done } = await change;
        if (this.#ended) return;
        // What is told may be older than the lease, so what stands there now decides.
        if (done || !(await this.#claim.isMine())) return this.#lose();
      }
    };
    look().catch((error: unknown) => this.#lose(error));
  }

  /** Gives the lease back. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#disarm();
    await this.#renewing;
    const { kv, key } = this.#claim;
    const { versionstamp } = this.#hold;
    try {
      await kv.atomic().check({ key, versionstamp }).delete(key).commit();
    } catch {
      // The bucket is closed, or cannot be written: the lease ends by itself.
    }
  }

  #arm(): void {
    const { clock, ttlMs } = this.#claim;
    this.#cancelEnd = clock.setTimer(() => this.#lose(), this.#hold.untilMs - clock.now());
    this.#armRenewal(ttlMs / renewalsPerLife);
  }

  #armRenewal(delayMs: number): void {
    this.#cancelRenewal = this.#claim.clock.setTimer(() => {
      this.#renewing = this.#renew();
    }, delayMs);
  }

  #disarm(): void {
    this.#cancelRenewal?.();
    this.#cancelEnd?.();
  }

  async #renew(): Promise<void> {
    const { clock, ttlMs } = this.#claim;
    // A tab that slept may run this timer before the one that ends the lease.
    if (clock.now() >= this.#hold.untilMs) return this.#lose();
    let hold: Hold | undefined;
    try {
      hold = await this.#claim.write(this.#hold.versionstamp, this.token);
    } catch {
      // Written or not, it is tried again while the lease lasts; should it be lost, it says so.
      if (!this.#ended) this.#armRenewal(ttlMs / renewalsPerLife);
      return;
    }
    if (hold === undefined) return this.#lose();
    this.#hold = hold;
    if (this.#ended || this.signal.aborted) return;
    this.#disarm();
    this.#arm();
  }

  #lose(cause?: unknown): void {
    if (this.#ended || this.signal.aborted) return;
    this.#disarm();
    const message = "the lease of the lock has ended or another holds it; stop what needs the lock";
    this.#lost.abort(new KvError("lock-lost", message, cause === undefined ? {} : { cause }));
  }
}

const isLease = (value: unknown): value is LeaseValue =>
  typeof value === "object" &&
  value !== null &&
  "owner" in value &&
  typeof value.owner === "string" &&
  "untilMs" in value &&
  typeof value.untilMs === "number";
