/**
 * Errors as Deno's users meet them: misuse in Deno's own words, a closed database as `BadResource`, and
 * what only an offline-first store has to say under the nearest of Deno's classes, with Rockpool's
 * KvError as its cause and that one's code.
 * @see https://docs.deno.com/api/deno/~/Deno.errors
 */
import { KvError, type KvErrorCode } from "rockpool";

class DenoError extends Error {
  /** Of the KvError that is the cause, where there is one. */
  declare readonly code?: KvErrorCode;

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    if (options?.cause instanceof KvError) this.code = options.cause.code;
  }
}

/** The database was closed before the call. */
class BadResource extends DenoError {}
/** `confirm: "relay"`, and there is no session with the relay: nothing was written (`offline`). */
class NotConnected extends DenoError {}
/** The bucket cannot do it: queues and `commitVersionstamp()` where there is a relay (`unsupported`). */
class NotSupported extends DenoError {}
/** The bucket was opened with `readonly` (`readonly`). */
class PermissionDenied extends DenoError {}
/** The answer did not come in time: it may or may not have taken effect (`outcome-unknown`). */
class TimedOut extends DenoError {}

type ErrorClass = new (
  message?: string,
  options?: ErrorOptions,
) => Error & {
  readonly code?: KvErrorCode;
};

/** Those of `Deno.errors` that a database throws. */
export const errors: {
  readonly BadResource: ErrorClass;
  readonly NotConnected: ErrorClass;
  readonly NotSupported: ErrorClass;
  readonly PermissionDenied: ErrorClass;
  readonly TimedOut: ErrorClass;
} = { BadResource, NotConnected, NotSupported, PermissionDenied, TimedOut };

/** What queues say in a bucket that has a relay. */
export const queuesRefused = (): Error =>
  new NotSupported(
    "a bucket that has a relay has no queue: which device takes a message could only be ruled by the relay, and each would take it while offline. Open a bucket without the option relay for messages",
  );

const classByCode: Partial<Readonly<Record<KvErrorCode, ErrorClass>>> = {
  offline: NotConnected,
  unsupported: NotSupported,
  readonly: PermissionDenied,
  "outcome-unknown": TimedOut,
};

/** How Deno words what Rockpool refuses too; Rockpool goes on with what was received and what to do. */
const denoWords =
  /^(expected string, number, bigint, ArrayBufferView, boolean|key cannot be empty|Key too large for write \(max 2048 bytes\)|BigUint requires more than 255 bytes to be represented|invalid cursor|cursor out of bounds|Failed to perform '(?:sum|min|max)' mutation on a non-U64 value in the database)/;

/** What a caller is given for what Rockpool threw in a call that found the database open. */
export const toDenoError = (error: unknown): unknown => {
  if (error instanceof KvError) {
    if (error.code === "closed") return new TypeError("Database is closed.", { cause: error });
    const Class = classByCode[error.code];
    return Class === undefined ? error : new Class(error.message, { cause: error });
  }
  if (error instanceof TypeError) {
    const [words] = denoWords.exec(error.message) ?? [];
    if (words !== undefined) return new TypeError(words, { cause: error });
  }
  return error;
};

/** As Deno refuses an argument that its native side cannot take. */
export const wrongType = (expected: "array" | "integer" | "string", value: unknown): TypeError =>
  new TypeError(`serde_v8 error: invalid type; expected: ${expected}, got: ${serdeNameOf(value)}`);

const serdeNameOf = (value: unknown): string => {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return "Number";
  if (typeof value === "boolean") return "Boolean";
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === "Object" ? "unknown" : name;
};
