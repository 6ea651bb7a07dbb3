/**
 * Who a session is for and what it may read and write, as the relay's owner says it of a token. The
 * relay asks at hello, when another token comes, and when it is told to ask again; in between it trusts
 * what it was told, until the token ends.
 */
import { createScope, packKey, wholeBucket, type Key, type Scope } from "@rockpool/model";

/** What a token stands for. */
export interface Grant {
  /** The user, stable over all of their tokens: 1 to 200 characters, no control characters. */
  readonly subject: string;
  /** Prefixes of the keys that may be read; [[]] is all, [] nothing. A prefix holds its own key too. */
  readonly read: readonly Key[];
  /** Prefixes of the keys that may be written. */
  readonly write: readonly Key[];
  /** When the token ends, in ms since 1970; null: never. */
  readonly expiresAt: number | null;
}

/**
 * Says what a token stands for in a bucket; undefined is a hello without one. Whoever may not use the
 * bucket is refused by throwing an `UnauthorizedError`, which the peer is told: it asks its app for another
 * token. Anything else it throws is a fault on this side (a database that is down): `onError` is told of it,
 * and the peer comes back after a while.
 */
export type Authenticate = (
  token: string | undefined,
  context: { readonly bucket: string },
) => Promise<Grant>;

/** A token that does not hold. Its message is sent to whoever showed it, who needs another one. */
export class UnauthorizedError extends Error {
  override readonly name = "UnauthorizedError";
}

export interface Rights {
  readonly read: Scope;
  readonly write: Scope;
}

export interface Access extends Rights {
  /** Null where the relay asks for no token. */
  readonly subject: string | null;
  readonly expiresAt: number | null;
}

export const allRights: Rights = { read: wholeBucket, write: wholeBucket };

const openAccess: Access = { ...allRights, subject: null, expiresAt: null };

/** Why somebody is not let in. - `unauthorized`: the token does not hold. - `internal`: nobody could tell. */
export interface Refusal {
  readonly code: "unauthorized" | "internal";
  readonly message: string;
}

export type Admission =
  | { readonly ok: true; readonly access: Access }
  | { readonly ok: false; readonly refusal: Refusal };

export interface GatekeeperOptions {
  /** Without it everybody may do everything. */
  readonly authenticate?: Authenticate | undefined;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

export class Gatekeeper {
  readonly #options: GatekeeperOptions;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  async admit(token: string | undefined, bucket: string): Promise<Admission> {
    const { authenticate, now, onError } = this.#options;
    if (authenticate === undefined) return { ok: true, access: openAccess };
    try {
      const access = accessOf(await authenticate(token, { bucket }));
      return access.expiresAt !== null && access.expiresAt <= now()
        ? refused("unauthorized", "the token has expired: come back with another one")
        : { ok: true, access };
    } catch (error) {
      if (error instanceof UnauthorizedError) return refused("unauthorized", error.message);
      onError(error);
      return refused("internal", "the relay could not look at the token");
    }
  }
}

const refused = (code: Refusal["code"], message: string): Admission => ({
  ok: false,
  refusal: { code, message },
});

/** As the wire takes it: 1 to 200 characters, no control characters. */
export const isSubject = (subject: unknown): subject is string =>
  typeof subject === "string" && /^[^\p{Control}\p{Surrogate}]{1,200}$/u.test(subject);

/** @throws TypeError for a grant that is none: a fault of the owner's hook. */
const accessOf = (grant: Grant): Access => {
  // Not every hook is written in TypeScript.
  if (typeof grant !== "object" || (grant as unknown) === null) {
    throw new TypeError(
      `authenticate gave ${String(grant)} and no grant; throw an UnauthorizedError for a token that does not hold`,
    );
  }
  const { subject, read, write, expiresAt } = grant;
  if (!isSubject(subject)) {
    throw new TypeError(
      `authenticate gave the subject ${JSON.stringify(subject)}; give 1 to 200 characters, no control characters`,
    );
  }
  if (expiresAt !== null && !Number.isFinite(expiresAt)) {
    throw new TypeError(`authenticate gave expiresAt ${expiresAt}; give ms since 1970, or null for never`);
  }
  return { subject, read: scopeOf(read), write: scopeOf(write), expiresAt };
};

const scopeOf = (prefixes: readonly Key[]): Scope => createScope(prefixes.map((prefix) => packKey(prefix)));
