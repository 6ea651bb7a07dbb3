/**
 * Answers that are no success, with the statuses, codes and texts of the platform. "Measured" stands by
 * what was seen on it; the rest is from its error tables, or named here where they are silent.
 */

/** Ends a request with a non-2xx answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Of the statuses that are answered. */
export const statusTexts: ReadonlyMap<number, string> = new Map([
  [200, "OK"],
  [204, "No Content"],
  [400, "Bad Request"],
  [404, "Not Found"],
  [409, "Conflict"],
  [422, "Unprocessable Entity"],
  [503, "Service Unavailable"],
]);

export const badRequest = (code: string, message: string): Refusal => new Refusal(400, code, message);

/** The text is measured, in a batch. */
export const keyNotFound = (): Refusal => new Refusal(404, "KEY_NOT_FOUND", "Provided key does not exist");

/** Measured. */
export const keyConflict = (): Refusal =>
  new Refusal(409, "KEY_CONFLICT", "Provided key already exists and cannot be overwritten");

/** Measured. */
export const conditionFailed = (): Refusal =>
  badRequest(
    "CONDITIONAL_CHECK_FAILED",
    "Request failed due to conditional check specified or optimistic locking",
  );

/** Measured. */
export const schemaNotFound = (): Refusal =>
  new Refusal(404, "SCHEMA_NOT_FOUND", "The schema provided does not exist");

/** Measured of integers. */
export const incorrectType = (attribute: string, type: string): Refusal =>
  badRequest("INCORRECT_PROPERTY_TYPE", `Data type for property "${attribute}" is defined as "${type}"`);

/** Measured in a transaction. */
export const duplicateKey = (): Refusal =>
  badRequest("KEY_DUPLICATION_ERROR", "Duplicate key found in request");

export const tooLarge = (detail = ""): Refusal =>
  badRequest("MAX_SIZE", `The provided value has exceeded the maximum size limit.${detail}`);

/** Not the platform's: the request is no request of the SDK's. */
export const invalidRequest = (message: string): Refusal => badRequest("INVALID_REQUEST", message);
