/**
 * The one error class of the older package `nats`: what the client knows has a word as its code, what a
 * server said has the status as text, and `api_error` with the rest.
 */
import {
  type ApiError,
  ClosedConnectionError,
  JetStreamApiError,
  JetStreamNotEnabled,
  RequestError,
  TimeoutError,
} from "../errors.ts";

export class NatsError extends Error {
  override readonly name = "NatsError";
  readonly code: string;
  readonly chainedError: Error | undefined;
  readonly api_error: ApiError | undefined;

  constructor(message: string, code: string, chainedError?: Error, apiError?: ApiError) {
    super(message, chainedError === undefined ? {} : { cause: chainedError });
    this.code = code;
    this.chainedError = chainedError;
    this.api_error = apiError;
  }

  isJetStreamError(): boolean {
    return this.api_error !== undefined;
  }

  jsError(): ApiError | null {
    return this.api_error ?? null;
  }
}

/** Codes of `nats` 2.29 that can be met here. */
export const ErrorCode = {
  BadPayload: "BAD_PAYLOAD",
  BadJson: "BAD_JSON",
  ConnectionClosed: "CONNECTION_CLOSED",
  JetStreamNotEnabled: "503",
  NoResponders: "503",
  Timeout: "TIMEOUT",
} as const;

/** An error of `@nats-io/kv` as `nats` throws it; its own validation texts stay plain errors there too. */
export const toOlderError = (error: unknown): unknown => {
  if (error instanceof JetStreamApiError) {
    return new NatsError(error.message, String(error.status), error, error.apiError());
  }
  const code = codeOf(error);
  return code === undefined ? error : new NatsError(code, code, error as Error);
};

const codeOf = (error: unknown): string | undefined => {
  if (error instanceof TimeoutError) return ErrorCode.Timeout;
  if (error instanceof RequestError) return ErrorCode.NoResponders;
  if (error instanceof JetStreamNotEnabled) return ErrorCode.JetStreamNotEnabled;
  if (error instanceof ClosedConnectionError) return ErrorCode.ConnectionClosed;
  if (error instanceof TypeError && error.message.startsWith("payload types")) return ErrorCode.BadPayload;
  return undefined;
};
