/**
 * Failures of Rockpool reach users of NATS as errors they know, with the failure itself as the cause.
 */
import { KvError } from "rockpool";
import { expect, test } from "vitest";
import { toNatsError } from "./errors.ts";

test.each([
  ["offline", "RequestError"],
  ["outcome-unknown", "TimeoutError"],
  ["closed", "ClosedConnectionError"],
  ["destroyed", "ClosedConnectionError"],
] as const)("%s is a %s", (code, name) => {
  const cause = new KvError(code, "what Rockpool says");
  expect(toNatsError(cause)).toMatchObject({ name, cause });
});

test("a wait that was too long is a TimeoutError, and what NATS has no word for stays as it is", () => {
  const late = new DOMException("late", "TimeoutError");
  expect(toNatsError(late)).toMatchObject({ name: "TimeoutError", message: "timeout", cause: late });
  const full = new KvError("quota", "no room");
  expect(toNatsError(full)).toBe(full);
});
