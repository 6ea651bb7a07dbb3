/**
 * What one session may do, from its welcome to its end: another token takes the place of the last one,
 * the session ends with its token, and it ends when what it may read or write is no longer what it was
 * welcomed with.
 */
import { equalScopes, intersectScopes, type Scope } from "@rockpool/model";
import type { Access, Gatekeeper, Refusal, Rights } from "./access.ts";
import type { Schedule } from "./schedule.ts";

/** Whose access it is: told when that ends, and closed with it. */
export interface AccessPeer {
  readonly isOpen: boolean;
  fail(code: Refusal["code"] | "scope" | "malformed", message: string): void;
}

export interface SessionAccessOptions {
  readonly gatekeeper: Gatekeeper;
  readonly bucket: string;
  readonly follow: Scope;
  readonly token: string | undefined;
  readonly access: Access;
  readonly now: () => number;
  readonly schedule: Schedule;
}

/** Timers take no more, in ms; a later end is looked at again then. */
const timerMsMax = 2 ** 31 - 1;

export class SessionAccess {
  readonly #peer: AccessPeer;
  readonly #options: SessionAccessOptions;
  #token: string | undefined;
  #access: Access;
  #isRevoked = false;
  #isRenewing = false;
  #cancelEnd: (() => void) | undefined;

  constructor(peer: AccessPeer, options: SessionAccessOptions) {
    this.#peer = peer;
    this.#options = options;
    this.#token = options.token;
    this.#access = options.access;
    this.#watchEnd();
  }

  get subject(): string | null {
    return this.#access.subject;
  }

  /** What is followed and may be read. */
  get scope(): Scope {
    return intersectScopes(this.#options.follow, this.#access.read);
  }

  get expiresInMs(): number | null {
    const { expiresAt } = this.#access;
    return expiresAt === null ? null : Math.max(0, expiresAt - this.#options.now());
  }

  /** Undefined once they were taken away: what waits to be ruled is not ruled then. */
  get rights(): Rights | undefined {
    return this.#isRevoked ? undefined : this.#access;
  }

  /** True while the token holds; a session whose token has ended is told so, and ends. */
  isGood(): boolean {
    if (this.expiresInMs !== 0) return !this.#isRevoked;
    this.#revoke("unauthorized", "the token has expired: come back with another one");
    return false;
  }

  /** Another token of the same subject takes over; `onRenewed` is called once it has. */
  renew(token: string, onRenewed: () => void): void {
    if (this.#isRenewing) {
      return this.#peer.fail("malformed", "an auth before the last one was answered: wait for it");
    }
    this.#isRenewing = true;
    void this.#take(token).then((isTaken) => {
      this.#isRenewing = false;
      if (isTaken) onRenewed();
    });
  }

  /** Asks again what the token stands for. */
  async recheck(): Promise<void> {
    const token = this.#token;
    // Should another token take over meanwhile, what the last one stood for no longer matters.
    const isCurrent = (): boolean => token === this.#token;
    const access = await this.#admit(token, isCurrent);
    if (access !== undefined && isCurrent()) this.#adopt(access);
  }

  /** The session is over. */
  end(): void {
    this.#cancelEnd?.();
  }

  /** True when the session goes on with the token. */
  async #take(token: string): Promise<boolean> {
    const access = await this.#admit(token, () => true);
    if (access === undefined || !this.#adopt(access)) return false;
    this.#token = token;
    return true;
  }

  /** What the token stands for; undefined when that cannot be had: the session ends then if it `matters`. */
  async #admit(token: string | undefined, matters: () => boolean): Promise<Access | undefined> {
    const { gatekeeper, bucket } = this.#options;
    const admission = await gatekeeper.admit(token, bucket);
    if (admission.ok) return admission.access;
    if (matters()) this.#revoke(admission.refusal.code, admission.refusal.message);
    return undefined;
  }

  #adopt(access: Access): boolean {
    if (!this.#peer.isOpen || this.#isRevoked) return false;
    if (access.subject !== this.#access.subject) {
      this.#revoke("unauthorized", "the token is another subject's: open a session of its own for it");
      return false;
    }
    const { scope } = this;
    const { write } = this.#access;
    this.#access = access;
    if (!equalScopes(scope, this.scope) || !equalScopes(write, access.write)) {
      this.#revoke("scope", "what the token may read or write has changed: come back at once");
      return false;
    }
    this.#watchEnd();
    return true;
  }

  #revoke(code: Refusal["code"] | "scope", message: string): void {
    this.#isRevoked = true;
    this.#peer.fail(code, message);
  }

  #watchEnd(): void {
    this.#cancelEnd?.();
    const { expiresInMs } = this;
    if (expiresInMs === null) return;
    this.#cancelEnd = this.#options.schedule(Math.min(expiresInMs, timerMsMax), () => {
      if (this.isGood()) this.#watchEnd();
    });
  }
}
