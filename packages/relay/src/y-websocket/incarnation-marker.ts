/**
 * Marks in a stock client's `Y.Doc` which document it holds. A stock client keeps its document over any
 * absence and brings all of it back, so one that was deleted meanwhile would come back with it: Yjs has no
 * word for that. Before any content the relay sends one collected struct, which holds nothing, of a client
 * id that stands for the incarnation. It shows in the state vector that the client sends when it returns,
 * and travels with the content wherever that is kept or copied. Its length is the minute of a late visit:
 * who stayed away for longer than deletions are kept is told from who did not. It never enters the
 * document at the relay.
 */
import { createHash } from "node:crypto";
import {
  type EpochId,
  markerMinutesMax,
  markerMinutesMin,
  markersFrom,
  type PackedKey,
  type Revision,
} from "@rockpool/model";
import * as encoding from "lib0/encoding";

/** Which document a marker stands for. */
export interface Incarnation {
  readonly bucket: string;
  readonly key: PackedKey;
  /** The epoch in which the incarnation's revision lies; empty for 0. */
  readonly epoch: EpochId | "";
  readonly revision: Revision;
}

/** A client's state vector, as Yjs decodes it. */
export type ClockByClient = ReadonlyMap<number, number>;

/** A marker's id has 16 bits for the key and 21 for the incarnation. */
const keyScale = 2 ** 21;

export const minuteMs: number = 60_000;

export const minuteOf = (nowMs: number): number =>
  Math.min(Math.max(Math.floor(nowMs / minuteMs), markerMinutesMin), markerMinutesMax);

/** The client id that stands for an incarnation. */
export const markerOf = ({ bucket, key, epoch, revision }: Incarnation): number =>
  markersFrom +
  (hash(["key", bucket, key]) % 2 ** 16) * keyScale +
  (hash(["incarnation", epoch, String(revision)]) % keyScale);

/** True for a marker of the same key. */
export const isOfSameKey = (marker: number, other: number): boolean =>
  Math.floor(marker / keyScale) === Math.floor(other / keyScale);

/** The Yjs update that brings a marker: one collected struct, as long as the minute's number, and no deletions. */
export const markerUpdate = (marker: number, minute: number): Uint8Array =>
  encoding.encode((encoder) => {
    const [clients, structs, clock, collected, deletions] = [1, 1, 0, 0, 0];
    encoding.writeVarUint(encoder, clients);
    encoding.writeVarUint(encoder, structs);
    encoding.writeVarUint(encoder, marker);
    encoding.writeVarUint(encoder, clock);
    encoding.writeUint8(encoder, collected);
    encoding.writeVarUint(encoder, minute);
    encoding.writeVarUint(encoder, deletions);
  });

/** 32 bits. */
const hash = (parts: readonly string[]): number =>
  createHash("sha256").update(JSON.stringify(parts)).digest().readUInt32BE();
