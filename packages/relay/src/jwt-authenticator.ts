/**
 * The ready-made `authenticate`: JSON Web Tokens signed with a secret that the relay shares with
 * whoever signs people in (HS256). Claims: `sub`, `read` and `write` (prefixes of keys as JSON arrays),
 * `exp` and `nbf` as usual, and `buckets` where the token is good for some alone.
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
import type { Key } from "@rockpool/model";
import { errors, jwtVerify, type JWTPayload } from "jose";
import { isSubject, UnauthorizedError, type Authenticate, type Grant } from "./access.ts";

export interface JwtOptions {
  /** At least 32 bytes, drawn at random; text counts as UTF-8. */
  readonly secret: string | Uint8Array;
  /** What the claim `iss` must be. */
  readonly issuer?: string | undefined;
  /** What the claim `aud` must be or hold. */
  readonly audience?: string | undefined;
  /** The clock that `exp` and `nbf` are judged by, in ms since 1970. */
  readonly now?: () => number;
}

/** As long as what HS256 signs with. Source: RFC 7518, section 3.2. */
const secretBytesMin = 32;

/** @throws TypeError for a secret that is too short. */
export const createJwtAuthenticator = ({
  secret,
  issuer,
  audience,
  now = Date.now,
}: JwtOptions): Authenticate => {
  const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  if (key.length < secretBytesMin) {
    throw new TypeError(
      `a secret of ${key.length} bytes, at least ${secretBytesMin}: draw one at random, as "openssl rand -base64 48" does`,
    );
  }
  const expected = {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  return async (token, { bucket }) => {
    if (token === undefined) throw new UnauthorizedError("this relay asks for a token");
    try {
      const options = { ...expected, algorithms: ["HS256"], currentDate: new Date(now()) };
      const { payload } = await jwtVerify(token, key, options);
      return grantOf(payload, bucket);
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new UnauthorizedError(`the token does not hold: ${error.message}`, { cause: error });
    }
  };
};

/** @throws UnauthorizedError naming the claim that is missing or wrong. */
const grantOf = ({ sub, exp, read, write, buckets }: JWTPayload, bucket: string): Grant => {
  if (!isSubject(sub)) {
    throw new UnauthorizedError(
      "the token names no subject: set the claim `sub` to text of 1 to 200 characters, no control characters",
    );
  }
  if (buckets !== undefined && !(Array.isArray(buckets) && buckets.includes(bucket))) {
    throw new UnauthorizedError(
      `the token is not for the bucket "${bucket}": its claim \`buckets\` lists others`,
    );
  }
  return {
    subject: sub,
    read: prefixesOf("read", read),
    write: prefixesOf("write", write),
    expiresAt: exp === undefined ? null : exp * 1000,
  };
};

const prefixesOf = (claim: string, prefixes: unknown): readonly Key[] => {
  if (Array.isArray(prefixes) && prefixes.every(isPrefix)) return prefixes;
  throw new UnauthorizedError(
    `the claim \`${claim}\` is no list of prefixes: write [["users", 7]] for what is below that key, [[]] for all, [] for nothing`,
  );
};

const isPrefix = (prefix: unknown): prefix is Key =>
  Array.isArray(prefix) && prefix.every((part) => ["string", "number", "boolean"].includes(typeof part));
