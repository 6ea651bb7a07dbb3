/**
 * The types of `@nats-io/kv` 3.4 against ours, compiled by tsc: what is written for the ones takes the others.
 */
import type * as theirs from "@nats-io/kv";
import type { Lister as TheirLister, StreamInfo as TheirStreamInfo } from "@nats-io/jetstream";
import type { MsgHdrs, QueuedIterator as TheirIterator } from "@nats-io/nats-core";
import type * as ours from "@rockpool/nats-kv";

/** Compiles when `From` can stand where `To` is wanted. */
type Assignable<From extends To, To> = From;

/** Code written for NATS takes what we give. */
export type Given = [
  Assignable<ours.KV, theirs.KV>,
  Assignable<ours.RoKV, theirs.RoKV>,
  Assignable<ours.Bucket, theirs.KV>,
  Assignable<ours.KvEntry, theirs.KvEntry>,
  Assignable<ours.KvWatchEntry, theirs.KvWatchEntry>,
  Assignable<ours.KvStatus, theirs.KvStatus>,
  Assignable<ours.QueuedIterator<ours.KvEntry>, TheirIterator<theirs.KvEntry>>,
  Assignable<ours.Lister<ours.KvStatus>, TheirLister<theirs.KvStatus>>,
  Assignable<ours.StreamInfo, TheirStreamInfo>,
  Assignable<ours.KvCodecs, theirs.KvCodecs>,
  Assignable<ours.KvWatchInclude, theirs.KvWatchInclude>,
  Assignable<
    ours.MessageHeaders,
    Pick<MsgHdrs, "get" | "has" | "keys" | "values" | "last" | "code" | "status">
  >,
  Assignable<Parameters<ours.Kvm["create"]>[0], string>,
  Assignable<Awaited<ReturnType<ours.Kvm["create"]>>, theirs.KV>,
  Assignable<Awaited<ReturnType<ours.Kvm["open"]>>, theirs.KV>,
  Assignable<ReturnType<ours.Kvm["list"]>, ReturnType<theirs.Kvm["list"]>>,
  Assignable<ReturnType<typeof ours.defaultBucketOpts>, ReturnType<typeof theirs.defaultBucketOpts>>,
  Assignable<ReturnType<typeof ours.Base64KeyCodec>, ReturnType<typeof theirs.Base64KeyCodec>>,
  Assignable<ReturnType<typeof ours.NoopKvCodecs>, ReturnType<typeof theirs.NoopKvCodecs>>,
];

/** What is made for NATS is taken here. */
export type Taken = [
  Assignable<theirs.KvCodecs, ours.KvCodecs>,
  Assignable<theirs.KvKeyCodec, ours.KvKeyCodec>,
  Assignable<theirs.KvPayloadCodec, ours.KvPayloadCodec>,
  Assignable<theirs.KvWatchOptions, ours.KvWatchOptions>,
  Assignable<theirs.KvWatchInclude, ours.KvWatchInclude>,
  Assignable<theirs.KvPutOptions, ours.KvPutOptions>,
  Assignable<theirs.KvDeleteOptions, ours.KvDeleteOptions>,
  Assignable<theirs.KvPurgeOptions, ours.KvPurgeOptions>,
  Assignable<Pick<theirs.KvOptions, keyof ours.KvOptions>, ours.KvOptions>,
  Assignable<theirs.KvEntry, Omit<ours.KvEntry, "json">>,
];

/** A function of NATS' users takes our bucket. */
declare const count: (kv: theirs.KV) => Promise<number>;
declare const own: ours.KV;
export const counted: Promise<number> = count(own);

// @ts-expect-error a value is text or bytes
export const refused: Promise<number> = own.put("a", 5);
