/**
 * For tests: fast-check arbitraries of every message, with every field in every form it can take.
 */
import {
  createScope,
  createStamp,
  packKey,
  stampMsMax,
  updateLog,
  type Check,
  type Commit,
  type CommitName,
  type CommitResult,
  type DocumentValue,
  type Mutation,
  type PackedKey,
  type PatchEntry,
  type RejectionReason,
  type Ruling,
  type Scope,
  type Stamp,
  type Value,
} from "@rockpool/model";
import * as fc from "fast-check";
import type {
  Aware,
  DownMessage,
  Hello,
  PageMessage,
  PatchMessage,
  RelayLimits,
  SessionError,
  UpMessage,
  Welcome,
} from "./messages.ts";

const host = fc.stringMatching(/^[0-9A-Za-z]{1,12}(?::[1-9][0-9]{0,3})?$/);
const id = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const text = fc.string({ maxLength: 60, unit: "binary" });
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const place = fc.nat();
const timeMs = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }).map((ms) => ms + 0),
);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const keyPart = fc.oneof(
  fc.string(),
  fc.uint8Array({ maxLength: 6 }),
  fc.bigInt(),
  fc.double(),
  fc.boolean(),
);
const key: fc.Arbitrary<PackedKey> = fc
  .array(keyPart, { minLength: 1, maxLength: 3 })
  .map((parts) => packKey(parts));

const stamp: fc.Arbitrary<Stamp> = fc
  .tuple(fc.integer({ min: 0, max: stampMsMax }), fc.integer({ min: 0, max: 0xffff }), host)
  .map(([ms, counter, drawnBy]) => createStamp(ms, counter, drawnBy));

const name: fc.Arbitrary<CommitName> = fc.record({ host, n: count });

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.json().map((json): Value => ({ encoding: "json", data: json })),
  text.map((rich): Value => ({ encoding: "rich", data: rich })),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes): Value => ({ encoding: "bytes", data: new Uint8Array(bytes) })),
  u64.map((number): Value => ({ encoding: "u64", data: number })),
);

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => new Uint8Array(array));

const document: fc.Arbitrary<DocumentValue> = fc.record({
  encoding: fc.constant("document"),
  data: fc.array(bytes, { maxLength: 3 }).map(updateLog),
  incarnation: fc.option(place),
});

const check: fc.Arbitrary<Check> = fc.record({
  key,
  premise: fc.oneof(
    fc.record({ type: fc.constant("absent") }),
    fc.record({ type: fc.constant("revision"), epoch: id, revision: place }),
    fc.record({ type: fc.constant("written"), by: name, digest: id }),
  ),
});

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record(
    { type: fc.constant("set"), key, value, expireAt: timeMs, initial: fc.constant(true) },
    { requiredKeys: ["type", "key", "value"] },
  ),
  fc.record({ type: fc.constant("delete"), key }),
  fc.record({ type: fc.constantFrom("sum", "min", "max"), key, operand: u64 }),
  fc.record({ type: fc.constant("merge"), key, update: bytes, incarnation: fc.option(place) }),
);

const commit: fc.Arbitrary<Commit> = fc.record({
  name,
  tag: id,
  stamp,
  checks: fc.array(check, { maxLength: 3 }),
  mutations: fc.array(mutation, { maxLength: 4 }),
});

const reason: fc.Arbitrary<RejectionReason> = fc.oneof(
  fc.record({ type: fc.constant("check"), checks: fc.array(place, { maxLength: 3 }) }),
  fc.record({ type: fc.constantFrom("type", "missing"), mutation: place }),
  fc.record({ type: fc.constantFrom("limit", "permission"), message: text }),
  fc.record({ type: fc.constantFrom("too-old", "unknown") }),
);

const ruling: fc.Arbitrary<Ruling> = fc.oneof(
  fc.record({
    type: fc.constant("accepted"),
    superseded: fc.array(fc.record({ mutation: place, winner: name }, { requiredKeys: ["mutation"] }), {
      maxLength: 3,
    }),
  }),
  fc.record({ type: fc.constant("rejected"), reason }),
);

const result: fc.Arbitrary<CommitResult> = fc.record({ name, tag: id, revision: place, stamp, ruling });

const entry: fc.Arbitrary<PatchEntry> = fc.oneof(
  fc.record({ key, revision: count }),
  fc.record(
    { key, value: fc.oneof(value, document), expireAt: timeMs, revision: count },
    { requiredKeys: ["key", "value", "revision"] },
  ),
  fc.record({ key, value: document, revision: count, appends: fc.constant(true) }),
);

const scope: fc.Arbitrary<Scope> = fc.array(key, { maxLength: 4 }).map(createScope);

const hello: fc.Arbitrary<Hello> = fc.record(
  {
    type: fc.constant("hello"),
    protocol: fc.tuple(fc.nat(9), fc.nat(9)).map(([min, more]) => ({ min: min + 1, max: min + 1 + more })),
    bucket: id,
    replica: id,
    epoch: fc.option(id),
    cursor: place,
    follow: scope,
    token: text,
    clockMs: timeMs,
  },
  { requiredKeys: ["type", "protocol", "bucket", "replica", "epoch", "cursor", "follow", "clockMs"] },
);

const limits: fc.Arbitrary<RelayLimits> = fc.record({
  keyBytesMax: count,
  valueBytesMax: count,
  checksMax: count,
  mutationsMax: count,
  commitBytesMax: count,
  pushCommitsMax: count,
  pushBytesMax: count,
});

const welcome: fc.Arbitrary<Welcome> = fc.record({
  type: fc.constant("welcome"),
  protocol: count,
  epoch: id,
  valid: fc.boolean(),
  shared: place,
  head: place,
  scope,
  subject: fc.option(id),
  expiresInMs: fc.option(timeMs),
  limits,
  clockMs: timeMs,
  helloClockMs: timeMs,
});

export const patchMessage: fc.Arbitrary<PatchMessage> = fc.record(
  {
    paused: fc.constant(true),
    type: fc.constant("patch"),
    epoch: id,
    scope,
    patch: fc
      .record({
        span: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
        upToDate: fc.boolean(),
        entries: fc.array(entry, { maxLength: 4 }),
        results: fc.array(result, { maxLength: 3 }),
        stamp,
      })
      .map(({ span: [from, length, rest], ...parts }) => ({
        from,
        to: from + length,
        head: from + length + rest,
        ...parts,
      })),
  },
  { requiredKeys: ["type", "epoch", "scope", "patch"] },
);

const pageMessage: fc.Arbitrary<PageMessage> = fc.record({
  type: fc.constant("page"),
  epoch: id,
  scope,
  after: fc.oneof(key, fc.constant(packKey([]))),
  next: fc.option(key),
  head: place,
  entries: fc.array(entry, { maxLength: 4 }),
  stamp,
});

const sessionError: fc.Arbitrary<SessionError> = fc.record(
  {
    type: fc.constant("error"),
    code: fc.constantFrom(
      "version",
      "malformed",
      "too-large",
      "unauthorized",
      "scope",
      "busy",
      "closing",
      "internal",
    ),
    message: text,
    retryAfterMs: timeMs,
  },
  { requiredKeys: ["type", "code", "message"] },
);

const aware: fc.Arbitrary<Aware> = fc.record({ type: fc.constant("aware"), key, update: bytes });

/** Any message a replica may send. */
export const upMessage: fc.Arbitrary<UpMessage> = fc.oneof(
  hello,
  fc.record({ type: fc.constant("push"), commits: fc.array(commit, { maxLength: 4 }) }),
  fc.record(
    { type: fc.constant("pull"), epoch: id, from: place, filledTo: place },
    { requiredKeys: ["type", "epoch", "from"] },
  ),
  fc.record(
    { type: fc.constant("fill"), epoch: id, after: fc.oneof(key, fc.constant(packKey([]))), within: key },
    { requiredKeys: ["type", "epoch", "after"] },
  ),
  fc.record({ type: fc.constant("auth"), token: text }),
  fc.record({ type: fc.constant("verify"), epoch: id, at: place, hash: id }),
  fc.record({ type: fc.constant("ping"), id: place }),
  fc.record({ type: fc.constant("attend"), keys: fc.array(key, { maxLength: 4 }) }),
  aware,
);

/** Any message a relay may send. */
export const downMessage: fc.Arbitrary<DownMessage> = fc.oneof(
  welcome,
  fc.record({ type: fc.constant("ruled"), results: fc.array(result, { maxLength: 4 }) }),
  patchMessage,
  pageMessage,
  fc.record({ type: fc.constant("renewed"), expiresInMs: fc.option(timeMs) }),
  fc.record({ type: fc.constant("verified"), at: place, equal: fc.option(fc.boolean()) }),
  fc.record({ type: fc.constant("pong"), id: place, head: place }),
  aware,
  sessionError,
);
