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
 * bucket is refused by throwing: an `UnauthorizedError` is told to the peer, anything else to `onError`.
 */
export type Authenticate = (
  token: string | undefined,
  context: { readonly bucket: string },
) => Promise<Grant>;

/** A token that does not hold. Its message is sent to whoever showed it. */
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

  /** @throws UnauthorizedError for a token that does not hold, whatever the reason. */
  async admit(token: string | undefined, bucket: string): Promise<Access> {
    const { authenticate, now, onError } = this.#options;
    if (authenticate === undefined) return openAccess;
    try {
      const access = accessOf(await authenticate(token, { bucket }));
      if (access.expiresAt !== null && access.expiresAt <= now()) {
        throw new UnauthorizedError("the token has expired: come back with another one");
      }
      return access;
    } catch (error) {
      if (error instanceof UnauthorizedError) throw error;
      onError(error);
      throw new UnauthorizedError(
        token === undefined ? "this relay asks for a token" : "the token was not accepted",
        { cause: error },
      );
    }
  }
}

/** As the wire takes it. */
const subjectForm = /^[^\p{Control}\p{Surrogate}]{1,200}$/u;

/** @throws TypeError for a grant that is none: a fault of the owner's hook. */
const accessOf = ({ subject, read, write, expiresAt }: Grant): Access => {
  if (typeof subject !== "string" || !subjectForm.test(subject)) {
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
