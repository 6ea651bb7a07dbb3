/**
 * What a relay allows and how long it waits, with units and reasons. All can be set when one is
 * started; commits are judged by `limits`, which every welcome carries.
 */
import {
  awareBytesMax,
  checksMax,
  commitBytesMax,
  documentBytesMax,
  keyBytesMax,
  mutationsMax,
  retentionMs,
  valueBytesMax,
} from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";

export interface RelayConfig {
  readonly limits: RelayLimits;
  /** Largest document, in bytes of its updates as they are kept. */
  readonly documentBytesMax: number;
  /** How long a bucket keeps deletions, in ms. */
  readonly retentionMs: number;
  /** Longest frame from a replica, in bytes. */
  readonly frameBytesMax: number;
  /** Time for the first message, and again for looking at its token, in ms. */
  readonly helloMsMax: number;
  /** Between two pings of a socket, in ms; one that did not answer the last is terminated. */
  readonly pingMs: number;
  /** Commits ruled in one transaction, at most: others wait that long. */
  readonly turnCommitsMax: number;
  /** And their bytes, one larger commit alone: what they change goes to every session in one frame. */
  readonly turnBytesMax: number;
  /** Entries, and bytes of their values, in one patch of a catch-up. */
  readonly patchEntriesMax: number;
  readonly patchBytesMax: number;
  /** Parts of one catch-up that are sent unasked. */
  readonly catchUpPartsMax: number;
  /** Entries that one transaction of a sweep removes, at most. */
  readonly sweepEntriesMax: number;
  /** Between two sweeps of a bucket, in ms. Replicas hide what has expired to the millisecond. */
  readonly sweepMs: number;
  /** Prefixes that a replica may follow. */
  readonly followMax: number;
  /** Sessions that one subject may have. */
  readonly sessionsPerSubjectMax: number;
  /** Pushes (of many commits each) that a session with a token may send a second. */
  readonly pushesPerSecondMax: number;
  /** Clients that are present at one document, and those of them that one connection brings. */
  readonly presentMax: number;
  readonly presentPerSessionMax: number;
  /** Longest state of a client that is present, in characters of JSON. */
  readonly awareLengthMax: number;
  /** Characters of such states that the relay holds, in all buckets together. */
  readonly presenceLengthMax: number;
  /** Messages of presence that one connection may send a second: of a session what is more is dropped. */
  readonly awaresPerSecondMax: number;
  /** How often a second a session may say at which documents it is present. */
  readonly attendsPerSecondMax: number;
  /** Between two tellings of who is present at a document, in ms: what comes in between is told at once. */
  readonly awareMs: number;
  /** What a peer is told to wait when there is no place for it, in ms. */
  readonly busyMs: number;
  /** No patch is sent to a socket that holds more unsent bytes than this. */
  readonly sendBufferBytes: number;
  /** Nothing is read from a socket that holds more unsent bytes than this. */
  readonly sendBufferBytesMax: number;
  /** What a session is told to wait when the relay goes down, in ms. */
  readonly restartMs: number;
}

const defaultLimits: RelayLimits = {
  keyBytesMax,
  valueBytesMax,
  checksMax,
  mutationsMax,
  commitBytesMax,
  pushCommitsMax: 4096,
  pushBytesMax: 2 * 1024 * 1024,
};

/**
 * JSON writes a byte of a key or a value as six characters at worst (`\u0000`). What may be pushed at
 * once must fit, or it could never be ruled and all behind it would wait for good; and a replica that
 * no relay has told its limits yet may have made commits as large as any.
 */
const frameBytesPerByte = 7;
/** What a commit takes besides: its name, tag, stamp and brackets. */
const frameBytesPerCommit = 1000;

const frameBytesOf = (limits: RelayLimits): number =>
  frameBytesPerByte * Math.max(limits.commitBytesMax, limits.pushBytesMax, commitBytesMax) +
  frameBytesPerCommit * limits.pushCommitsMax;

export const createRelayConfig = (options: Partial<RelayConfig> = {}): RelayConfig => {
  const limits = options.limits ?? defaultLimits;
  return {
    documentBytesMax,
    retentionMs,
    frameBytesMax: frameBytesOf(limits),
    helloMsMax: 5000,
    // Below the 60 s after which proxies drop an idle connection.
    pingMs: 25_000,
    turnCommitsMax: 2048,
    turnBytesMax: 512 * 1024,
    patchEntriesMax: 1000,
    patchBytesMax: 512 * 1024,
    // Some 8 MB, which a replica can set aside; who lacks more fills.
    catchUpPartsMax: 16,
    sweepEntriesMax: 1000,
    sweepMs: 30_000,
    followMax: 1000,
    sessionsPerSubjectMax: 100,
    pushesPerSecondMax: 5000,
    presentMax: 1000,
    // The tabs of a device come by one session.
    presentPerSessionMax: 50,
    awareLengthMax: awareBytesMax,
    presenceLengthMax: 32 * 1024 * 1024,
    // Stock clients send back what they hear, so twice what pointers do.
    awaresPerSecondMax: 400,
    attendsPerSecondMax: 20,
    awareMs: 30,
    busyMs: 10_000,
    sendBufferBytes: 1024 * 1024,
    sendBufferBytesMax: 8 * 1024 * 1024,
    restartMs: 500,
    ...options,
    limits,
  };
};
