/**
 * A life span in every form that callers of a `KvStore` pass: a `Temporal.Duration` of the platform or of
 * a polyfill, an object that looks like one, or one that only has `total`. Needs no `Temporal` itself.
 */

/** The fields of a `Temporal.Duration`; what is left out is 0. */
interface DurationFields {
  readonly years?: number;
  readonly months?: number;
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
  readonly microseconds?: number;
  readonly nanoseconds?: number;
}

/** What is taken for a life span. */
export type TtlLike = DurationFields | { total(unit: "milliseconds"): number };

/** Lengths of what is the same length on every day, in ms. */
const lengths = {
  weeks: 7 * 86_400_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
  microseconds: 1 / 1000,
  nanoseconds: 1 / 1_000_000,
} as const;
const calendarFields = ["years", "months"] as const;
const fieldNames = [...calendarFields, ...(Object.keys(lengths) as (keyof typeof lengths)[])] as const;

/**
 * A life span in whole ms, no shorter than asked; 0 for one that is over. Years and months are counted
 * from `fromMs`, in ms since 1970, in UTC.
 * @throws TypeError for what is no duration
 */
export const msOfTtl = (ttl: TtlLike, fromMs: number): number => {
  const ms = isCounted(ttl) ? ttl.total("milliseconds") : msOfFields(ttl as DurationFields, fromMs);
  if (!Number.isFinite(ms)) throw notADuration(ttl);
  return Math.max(0, Math.ceil(ms));
};

/** One that adds itself up; a `Temporal.Duration` does not where it has years, months or weeks. */
const isCounted = (ttl: TtlLike): ttl is { total(unit: "milliseconds"): number } => {
  const isObject = typeof ttl === "object" && ttl !== null;
  if (!isObject) throw notADuration(ttl);
  return "total" in ttl && typeof ttl.total === "function" && !fieldNames.some((name) => name in ttl);
};

const msOfFields = (fields: DurationFields, fromMs: number): number => {
  const given = fieldNames.filter((name) => fields[name] !== undefined);
  if (given.length === 0) throw notADuration(fields);
  const { years = 0, months = 0 } = fields;
  const date = new Date(fromMs);
  date.setUTCMonth(date.getUTCMonth() + 12 * years + months);
  let ms = date.getTime() - fromMs;
  for (const [name, length] of Object.entries(lengths)) {
    ms += (fields[name as keyof typeof lengths] ?? 0) * length;
  }
  return ms;
};

const notADuration = (ttl: unknown): TypeError =>
  new TypeError(
    `ttl must be a Temporal.Duration, or an object of its fields such as { hours: 1 }: received ${describe(ttl)}`,
  );

const describe = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
