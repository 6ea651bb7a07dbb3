/**
 * Documents as Yjs knows them (updates of format v1). An update is admitted if a document with the state
 * vector would take up all of it at once, leaving nothing to wait: struct by struct in the order of their
 * dependencies, as Yjs integrates them, but without the document. Costs are those of the update's own bytes.
 */
import { setImmediate } from "node:timers/promises";
import { isMarker, mergeInGroups } from "@rockpool/model";
import * as Y from "yjs";
import type { DocumentRules } from "./document-rules.ts";
import { readUpdate, subdocumentsMax, type Id, type Struct, type YjsUpdate } from "./yjs-update.ts";
import { withoutMarkers } from "./y-websocket/known-document.ts";

/** Updates that are applied without a pause: some ms of work. */
const updatesAtOnce = 100;

export const yjsDocuments: DocumentRules = {
  subdocumentsMax,

  admit: (stateVector, bytes) => {
    const kept = readKept(bytes);
    if (kept === undefined) return { type: "malformed" };
    const { update, read } = kept;
    const clockByClient = readStateVector(stateVector);
    if (clockByClient === undefined || !isTakenUp(read, clockByClient)) return { type: "missing" };
    const { subdocuments } = read;
    return { type: "admitted", update, stateVector: Y.encodeStateVector(clockByClient), subdocuments };
  },

  compact: async (updates) => {
    const document = new Y.Doc({ gc: true });
    try {
      for (let from = 0; from < updates.length; from += updatesAtOnce) {
        // Others get their turn.
        if (from > 0) await setImmediate();
        document.transact(() => {
          for (const update of updates.slice(from, from + updatesAtOnce)) Y.applyUpdate(document, update);
        });
      }
      // What waits in the document is written with it.
      const update = Y.encodeStateAsUpdate(document);
      const bytes = updates.reduce((sum, { length }) => sum + length, 0);
      if (update.length < bytes) return { update, subdocuments: document.subdocs.size };
      // Much was deleted or formatted here and there in long text: each time Yjs cut it in two.
      const joined = mergeInGroups(updates, Y.mergeUpdates);
      return { update: joined, subdocuments: readUpdate(joined)?.subdocuments ?? subdocumentsMax };
    } finally {
      document.destroy();
    }
  },
};

/** An update of no structs and no deletions. */
const nothing = Uint8Array.of(0, 0);

/** An update without the markers that a copy of a stock client's document brings; undefined for what is none. */
const readKept = (bytes: Uint8Array): { update: Uint8Array; read: YjsUpdate } | undefined => {
  const read = readUpdate(bytes);
  if (read === undefined || !hasMarkers(read)) return read && { update: bytes, read };
  const update = withoutMarkers(bytes) ?? nothing;
  const rest = readUpdate(update);
  return rest && { update, read: rest };
};

const hasMarkers = ({ structsByClient, deletions }: YjsUpdate): boolean =>
  deletions.some(({ client, clock, length }) => isMarker(client, clock + length)) ||
  [...structsByClient].some(([client, structs]) => {
    const last = structs.at(-1);
    return last !== undefined && isMarker(client, last.clock + last.length);
  });

/** Undefined for one that cannot be read: nothing is known to be there. */
const readStateVector = (stateVector: Uint8Array | undefined): Map<number, number> | undefined => {
  if (stateVector === undefined) return new Map();
  try {
    return Y.decodeStateVector(stateVector);
  } catch {
    // Damaged where it is kept: whatever lib0 throws of bytes that end too soon.
    return undefined;
  }
};

/** The structs of one client, of which those before `at` were taken up. */
interface Run {
  readonly client: number;
  readonly structs: readonly Struct[];
  at: number;
  /** Who goes on when the struct of this index was taken up. */
  readonly waitingByIndex: Map<number, Run[]>;
}

/** Takes up what it can, moving the clocks on; true when that was everything. */
const isTakenUp = (
  { structsByClient, deletions }: YjsUpdate,
  clockByClient: Map<number, number>,
): boolean => {
  const clockOf = (client: number): number => clockByClient.get(client) ?? 0;
  const runs = new Map<number, Run>();
  for (const [client, structs] of structsByClient) {
    runs.set(client, { client, structs, at: 0, waitingByIndex: new Map() });
  }
  const due = [...runs.values()];
  for (let run = due.pop(); run !== undefined; run = due.pop()) {
    for (let struct = run.structs[run.at]; struct !== undefined; struct = run.structs[++run.at]) {
      const { clock } = struct;
      if (!struct.isSkip) {
        if (clock > clockOf(run.client)) return false;
        const missing = struct.dependencies.find((id) => id.clock >= clockOf(id.client));
        if (missing !== undefined) {
          if (!waitFor(missing, run, runs)) return false;
          break;
        }
        clockByClient.set(run.client, Math.max(clockOf(run.client), clock + struct.length));
      }
      for (const waiting of run.waitingByIndex.get(run.at) ?? []) due.push(waiting);
    }
  }
  for (const run of runs.values()) {
    // Two that wait for each other wait for ever.
    if (run.at < run.structs.length) return false;
  }
  return deletions.every(({ client, clock, length }) => clock + length <= clockOf(client));
};

/** Lets a run go on when the struct with this id was taken up; false when the update does not bring it. */
const waitFor = ({ client, clock }: Id, run: Run, runs: ReadonlyMap<number, Run>): boolean => {
  const other = runs.get(client);
  if (other === undefined || other === run) return false;
  const index = indexOfClock(other.structs, clock);
  if (index < other.at) return false;
  const waiting = other.waitingByIndex.get(index);
  if (waiting === undefined) other.waitingByIndex.set(index, [run]);
  else waiting.push(run);
  return other.structs[index] !== undefined;
};

/** Of the last struct that begins at or before the clock, if it reaches it; else the number of structs. */
const indexOfClock = (structs: readonly Struct[], clock: number): number => {
  let [low, high] = [0, structs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const struct = structs[middle];
    if (struct !== undefined && struct.clock + struct.length <= clock) low = middle + 1;
    else high = middle;
  }
  const found = structs[low];
  return found !== undefined && found.clock <= clock ? low : structs.length;
};
