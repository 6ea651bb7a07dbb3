/**
 * The errors that users of NATS KV branch on: the same names, codes, statuses and texts as those of
 * `@nats-io/jetstream` and `@nats-io/nats-core` 3.4, measured at nats-server 2.15.
 */
import { KvError } from "rockpool";

/** What a server says of a failure: `code` is the status, `err_code` names the failure. */
export interface ApiError {
  code: number;
  description: string;
  err_code: number;
}

/** A request that the server would have refused. */
export class JetStreamApiError extends Error {
  override readonly name: string = "JetStreamApiError";
  readonly #apiError: ApiError;

  constructor(apiError: ApiError, options?: ErrorOptions) {
    super(apiError.description, options);
    this.#apiError = apiError;
  }

  /** Names the failure, as 10071. */
  get code(): number {
    return this.#apiError.err_code;
  }

  /** As of HTTP, as 400. */
  get status(): number {
    return this.#apiError.code;
  }

  apiError(): ApiError {
    return { ...this.#apiError };
  }
}

export class StreamNotFoundError extends JetStreamApiError {
  override readonly name = "StreamNotFoundError";
}

/** A write to a bucket that does not exist. */
export class JetStreamNotEnabled extends Error {
  override readonly name = "JetStreamNotEnabled";
}

/** The request reached nobody: no bucket answers to it, or there is no relay to confirm it (`cause` says which). */
export class RequestError extends Error {
  override readonly name = "RequestError";

  isNoResponders(): boolean {
    return this.cause instanceof NoRespondersError;
  }
}

export class NoRespondersError extends Error {
  override readonly name = "NoResponders";
  readonly subject: string;

  constructor(subject: string) {
    super(`no responders: '${subject}'`);
    this.subject = subject;
  }
}

/** No answer in time: the write may or may not have taken effect. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";

  constructor(options?: ErrorOptions) {
    super("timeout", options);
  }
}

export class ClosedConnectionError extends Error {
  override readonly name = "ClosedConnectionError";

  constructor(options?: ErrorOptions) {
    super("closed connection", options);
  }
}

export class InvalidOperationError extends Error {
  override readonly name = "InvalidOperationError";
}

export class InvalidArgumentError extends Error {
  override readonly name = "InvalidArgumentError";
}

const refusal = (status: number, errorCode: number, description: string): JetStreamApiError =>
  new JetStreamApiError({ code: status, err_code: errorCode, description });

export const wrongLastSequence = (current: number): JetStreamApiError =>
  refusal(400, 10071, `wrong last sequence: ${current}`);
export const valueTooLarge = (): JetStreamApiError =>
  refusal(400, 10054, "message size exceeds maximum allowed");
export const bucketFull = (): JetStreamApiError => refusal(503, 10077, "maximum bytes exceeded");
export const invalidTtl = (): JetStreamApiError => refusal(400, 10165, "invalid per-message TTL");
export const ttlDisabled = (): JetStreamApiError => refusal(400, 10166, "per-message TTL is disabled");
export const overlappingFilters = (): JetStreamApiError =>
  refusal(400, 10138, "consumer subject filters cannot overlap");
export const invalidConfig = (description: string): JetStreamApiError => refusal(500, 10052, description);
export const invalidFilter = (): JetStreamApiError => refusal(400, 10052, "invalid subject");
export const invalidJson = (): JetStreamApiError => refusal(400, 10025, "invalid JSON");
export const tooManyReplicas = (): JetStreamApiError =>
  refusal(500, 10074, "replicas > 1 not supported in non-clustered mode");
export const streamNotFound = (): StreamNotFoundError =>
  new StreamNotFoundError({ code: 404, err_code: 10059, description: "stream not found" });

export const noResponders = (subject: string): RequestError => {
  const cause = new NoRespondersError(subject);
  return new RequestError(cause.message, { cause });
};

export const notEnabled = (subject: string): JetStreamNotEnabled =>
  new JetStreamNotEnabled("jetstream is not enabled", { cause: noResponders(subject) });

/** What a failure of Rockpool is to a user of NATS; what NATS has no word for stays as it is. */
export const toNatsError = (error: unknown): unknown => {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new TimeoutError({ cause: error });
  }
  if (!(error instanceof KvError)) return error;
  if (error.code === "offline") return new RequestError(`no responders: ${error.message}`, { cause: error });
  if (error.code === "outcome-unknown") return new TimeoutError({ cause: error });
  if (error.code === "closed" || error.code === "destroyed") {
    return new ClosedConnectionError({ cause: error });
  }
  return error;
};
