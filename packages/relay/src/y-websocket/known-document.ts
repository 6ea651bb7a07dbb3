/**
 * What the relay has of a document, to answer clients from and to compare with what they bring: its updates
 * merged into one, without a `Y.Doc`. Made for one answer, and dropped with it.
 */
import { assert, isMarker, mergeInGroups } from "@rockpool/model";
import * as Y from "yjs";
import { readUpdate } from "../yjs-update.ts";
import type { ClockByClient } from "./incarnation-marker.ts";

type DeleteSet = ReturnType<typeof Y.createDeleteSet>;

/** From `clock` on. */
interface Range {
  readonly clock: number;
  readonly len: number;
}

/** Of each client, by clock, none touching another. */
type Deletions = ReadonlyMap<number, readonly Range[]>;

export class KnownDocument {
  readonly #update: Uint8Array;
  readonly clockByClient: ClockByClient;

  /** @throws what Yjs throws of updates that are none */
  constructor(updates: readonly Uint8Array[]) {
    this.#update = mergeInGroups(updates, Y.mergeUpdates);
    this.clockByClient = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(this.#update));
  }

  /** What a document with this state vector lacks. */
  lackOf(stateVector: Uint8Array): Uint8Array {
    return Y.diffUpdate(this.#update, stateVector);
  }

  /** What of an update is not here; undefined when all of it is. Markers are no part of it. */
  newsIn(update: Uint8Array): Uint8Array | undefined {
    return subtract(update, this.clockByClient, Y.decodeUpdate(this.#update).ds.clients);
  }
}

/** True for an update that may be handed to Yjs: it makes no more of it than its bytes are worth. */
export const isUpdate = (bytes: Uint8Array): boolean => readUpdate(bytes) !== undefined;

/** An update without its markers; undefined when nothing is left of it. */
export const withoutMarkers = (update: Uint8Array): Uint8Array | undefined =>
  subtract(update, new Map(), new Map());

/** The markers in an update, each with its minute. */
export const markersIn = (update: Uint8Array): ClockByClient => markersOf(Y.parseUpdateMeta(update).to);

/** The markers in a state vector, each with its minute. */
export const markersOf = (clockByClient: ClockByClient): ClockByClient =>
  new Map([...clockByClient].filter(([client, clock]) => isMarker(client, clock)));

const subtract = (
  update: Uint8Array,
  clockByClient: ClockByClient,
  deletions: Deletions,
): Uint8Array | undefined => {
  const markers = markersIn(update);
  const rest = Y.diffUpdate(update, Y.encodeStateVector(new Map([...clockByClient, ...markers])));
  const { ds } = Y.decodeUpdate(rest);
  const written = writeDeletions(ds);
  const structs = rest.subarray(0, rest.length - written.length);
  for (const [client, ranges] of ds.clients) {
    const known = deletions.get(client) ?? [];
    const unknown = ranges.filter(
      (range) => !isCovered(range, known) && !isMarker(client, range.clock + range.len),
    );
    if (unknown.length > 0) ds.clients.set(client, unknown);
    else ds.clients.delete(client);
  }
  // The first byte is the number of clients with structs.
  if (structs[0] === 0 && ds.clients.size === 0) return undefined;
  return new Uint8Array(Buffer.concat([structs, writeDeletions(ds)]));
};

/** As Yjs writes them at the end of an update. */
const writeDeletions = (deletions: DeleteSet): Uint8Array => {
  const snapshot = Y.encodeSnapshot(Y.createSnapshot(deletions, new Map()));
  assert(snapshot.at(-1) === 0, "an empty state vector is one byte");
  return snapshot.subarray(0, -1);
};

const isCovered = ({ clock, len }: Range, ranges: readonly Range[]): boolean => {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.clock ?? Infinity) <= clock) low = middle + 1;
    else high = middle;
  }
  const last = ranges[low - 1];
  return last !== undefined && clock + len <= last.clock + last.len;
};
