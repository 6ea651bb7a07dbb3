/**
 * Documents as Yjs knows them (updates of format v1). An update is admitted if a document with the state
 * vector would take up all of it at once, leaving nothing to wait: struct by struct in the order of their
 * dependencies, as Yjs integrates them, but without the document. Costs are those of the update's own bytes.
 */
import { setImmediate } from "node:timers/promises";
import * as Y from "yjs";
import type { DocumentRules } from "./document-rules.ts";
import { readUpdate, subdocumentsMax, type Id, type Struct, type YjsUpdate } from "./yjs-update.ts";

/** Updates that are applied without a pause: some ms of work. */
const updatesAtOnce = 100;

export const yjsDocuments: DocumentRules = {
  subdocumentsMax,

  admit: (stateVector, update) => {
    const read = readUpdate(update);
    if (read === undefined) return { type: "malformed" };
    const clockByClient = readStateVector(stateVector);
    return clockByClient !== undefined && isTakenUp(read, clockByClient)
      ? { type: "admitted", stateVector: Y.encodeStateVector(clockByClient), subdocuments: read.subdocuments }
      : { type: "missing" };
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
      return { update: Y.encodeStateAsUpdate(document), subdocuments: document.subdocs.size };
    } finally {
      document.destroy();
    }
  },
};

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
