/**
 * Errors as data, whole: class, code, message and cause cross to another thread and are rebuilt
 * there. Comlink's own form loses class, code and cause.
 */
import { KvError, type KvErrorCode } from "./error.ts";

/** An error as data. `code` only for a KvError. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly code?: KvErrorCode;
  readonly stack?: string;
  readonly cause?: PackedError;
}

/** Causes kept, at most. */
const causeDepthMax = 4;

export const packError = (error: unknown, depth = 0): PackedError => {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...(error instanceof KvError ? { code: error.code } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth >= causeDepthMax ? {} : { cause: packError(cause, depth + 1) }),
  };
};

export const unpackError = (packed: PackedError): Error => {
  const options = packed.cause === undefined ? undefined : { cause: unpackError(packed.cause) };
  const error = createError(packed, options);
  // Not by assignment: in Firefox that makes a member which enumerates.
  if (packed.stack !== undefined) Object.defineProperty(error, "stack", { ...hidden, value: packed.stack });
  return error;
};

const hidden = { writable: true, configurable: true };

const createError = ({ name, message, code }: PackedError, options: ErrorOptions | undefined): Error => {
  if (code !== undefined) return new KvError(code, message, options);
  if (name === "TypeError") return new TypeError(message, options);
  if (name === "RangeError") return new RangeError(message, options);
  const error = new Error(message, options);
  error.name = name;
  return error;
};
