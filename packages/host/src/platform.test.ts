/**
 * What the platform tells a host: that its thread slept.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { platformEnvironment } from "./platform.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

test("a thread that slept is woken when its clock has jumped, and not before or afterwards", () => {
  const onWake = vi.fn<() => void>();
  const stop = platformEnvironment().onWake(onWake);
  vi.advanceTimersByTime(60_000);
  expect(onWake).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 60 * 60_000);
  vi.advanceTimersByTime(5000);
  expect(onWake).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  expect(onWake).toHaveBeenCalledTimes(1);
  stop();
  vi.setSystemTime(Date.now() + 60 * 60_000);
  vi.advanceTimersByTime(5000);
  expect(onWake).toHaveBeenCalledTimes(1);
});
