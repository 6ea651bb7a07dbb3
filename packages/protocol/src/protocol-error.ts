/**
 * What is thrown when something that arrived is no message: names the place and what was expected.
 */
import { KvError } from "@rockpool/model";

const excerptLengthMax = 40;

/** What arrived is not what the protocol allows. Its code is `protocol`. */
export class ProtocolError extends KvError {
  /** Where it stood in the frame: `[0].commits[3].tag`; empty for the frame itself. */
  readonly path: string;
  readonly expected: string;
  /** What stood there, shortened. */
  readonly found: string;

  constructor(path: string, expected: string, found: string, options?: ErrorOptions) {
    super("protocol", `${path === "" ? "frame" : path}: expected ${expected}, found ${found}`, options);
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

/** The same fault, seen from one level further out. Other errors pass unchanged. */
export const errorWithin = (outer: string, error: unknown): unknown => {
  if (!(error instanceof ProtocolError)) return error;
  const path =
    error.path === "" || error.path.startsWith("[") ? outer + error.path : `${outer}.${error.path}`;
  return new ProtocolError(path, error.expected, error.found, { cause: error.cause });
};

/** A value as an error message shows it: its kind, and its first characters if it is short. */
export const describeFound = (value: unknown): string => {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") {
    const excerpt = JSON.stringify(value.slice(0, excerptLengthMax));
    return value.length > excerptLengthMax ? `${excerpt}… (${value.length} characters)` : excerpt;
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value === undefined ? "nothing" : `an ${typeof value}`;
};
