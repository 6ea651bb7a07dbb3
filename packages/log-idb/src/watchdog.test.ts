/**
 * The watchdog barks in time, at what is still silent and at nothing else, with one timer for all and
 * none when there is nothing to watch.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog } from "./watchdog.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what is silent is told once, with a reason, after the time it had or up to a tick sooner", () => {
  const watchdog = new Watchdog(1000);
  const told: DOMException[] = [];
  watchdog.watch((cause) => told.push(cause));
  vi.advanceTimersByTime(749);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(251);
  expect(told.map(({ name }) => name)).toEqual(["TimeoutError"]);
  vi.advanceTimersByTime(5000);
  expect(told).toHaveLength(1);
});

test("what has answered is let be, while others are still watched", () => {
  const watchdog = new Watchdog(1000);
  const told: string[] = [];
  const unwatch = watchdog.watch(() => told.push("answered"));
  watchdog.watch(() => told.push("silent"));
  unwatch();
  vi.advanceTimersByTime(1000);
  expect(told).toEqual(["silent"]);
});

test("each has its own time, and all share one timer", () => {
  const watchdog = new Watchdog(1000);
  const told: string[] = [];
  watchdog.watch(() => told.push("early"));
  vi.advanceTimersByTime(500);
  watchdog.watch(() => told.push("late"));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(500);
  expect(told).toEqual(["early"]);
  vi.advanceTimersByTime(500);
  expect(told).toEqual(["early", "late"]);
});

test("its timer ends when there was nothing to watch for a tick, and begins again", () => {
  const watchdog = new Watchdog(1000);
  watchdog.watch(() => {})();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(250);
  expect(vi.getTimerCount()).toBe(0);
  const told: string[] = [];
  watchdog.watch(() => told.push("silent"));
  vi.advanceTimersByTime(1000);
  expect(told).toEqual(["silent"]);
});

test("stopped, it tells of nothing and keeps no timer", () => {
  const watchdog = new Watchdog(1000);
  const told: string[] = [];
  watchdog.watch(() => told.push("silent"));
  watchdog.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([]);
});
