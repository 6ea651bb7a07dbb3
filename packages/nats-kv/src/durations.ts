/**
 * Lives of single messages, as a server reads them: Go durations, or a number of seconds.
 * @see https://pkg.go.dev/time#ParseDuration
 */
import { invalidTtl } from "./errors.ts";

const msByUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const secondMs = 1000;

/**
 * The life that `ttl` grants, in ms, in whole seconds as a server counts it; undefined for "never".
 * @throws JetStreamApiError 10165 for less than a second, and for what is no duration
 */
export const parseTtlMs = (ttl: string): number | undefined => {
  if (ttl.toLowerCase() === "never") return undefined;
  const ms = /^\d+$/.test(ttl) ? Number(ttl) * secondMs : parseGoDurationMs(ttl);
  if (ms === undefined || ms < secondMs) throw invalidTtl();
  return Math.floor(ms / secondMs) * secondMs;
};

/** Undefined for what Go would not parse, and for a negative duration. */
const parseGoDurationMs = (text: string): number | undefined => {
  const parts = /^\+?((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text)?.[1];
  if (parts === undefined) return undefined;
  let ms = 0;
  for (const [, amount, unit = ""] of parts.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ms += Number(amount) * (msByUnit[unit] ?? 0);
  }
  return ms;
};
