/**
 * Documents as Yjs knows them (updates of format v1). An update is admitted if a document with the state
 * vector would take up all of it at once, leaving nothing to wait: struct by struct in the order of their
 * dependencies, as Yjs integrates them, but without the document. Costs are those of the update's own bytes.
 */
import * as Y from "yjs";
import type { DocumentRules } from "./document-rules.ts";

export const yjsDocuments: DocumentRules = {
  admit: (stateVector, update) => {
    const decoded = decode(update);
    if (decoded === undefined) return { type: "malformed" };
    const clockByClient = readStateVector(stateVector);
    return clockByClient !== undefined && isTakenUp(decoded, clockByClient)
      ? { type: "admitted", stateVector: Y.encodeStateVector(clockByClient) }
      : { type: "missing" };
  },

  compact: (updates) => {
    const document = new Y.Doc({ gc: true });
    try {
      document.transact(() => {
        for (const update of updates) Y.applyUpdate(document, update);
      });
      // What waits in the document is written with it.
      return Y.encodeStateAsUpdate(document);
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

type Struct = Y.Item | Y.GC | Y.Skip;

interface Decoded {
  readonly structsByClient: ReadonlyMap<number, readonly Struct[]>;
  readonly deletions: ReadonlyMap<number, readonly { readonly clock: number; readonly len: number }[]>;
}

/** Undefined for bytes that Yjs does not write: reading them as a document would lose or break something. */
const decode = (update: Uint8Array): Decoded | undefined => {
  let decoded: ReturnType<typeof Y.decodeUpdate>;
  try {
    decoded = Y.decodeUpdate(update);
  } catch {
    // Whatever a reader of hostile bytes throws (RangeError, TypeError, SyntaxError …), they are no update.
    return undefined;
  }
  const structsByClient = new Map<number, Struct[]>();
  let sections = 0;
  let last: Struct | undefined;
  for (const struct of decoded.structs) {
    const { client, clock } = struct.id;
    if (!isRange(clock, struct.length)) return undefined;
    const structs = structsByClient.get(client);
    if (client !== last?.id.client) sections++;
    if (structs === undefined) structsByClient.set(client, [struct]);
    else structs.push(struct);
    last = struct;
  }
  // A client's second section would take the place of its first.
  if (sections !== structsByClient.size || sections !== sectionsOf(update)) return undefined;
  const deletions = decoded.ds.clients;
  for (const ranges of deletions.values()) {
    if (!ranges.every(({ clock, len }) => isRange(clock, len))) return undefined;
  }
  return { structsByClient, deletions };
};

const isRange = (clock: number, length: number): boolean =>
  length > 0 && Number.isSafeInteger(clock) && Number.isSafeInteger(clock + length);

/** How many sections of structs an update says it has: its first varuint. */
const sectionsOf = (update: Uint8Array): number => {
  let count = 0;
  for (let at = 0, scale = 1; ; at++, scale *= 0x80) {
    const byte = update[at] ?? 0;
    count += (byte & 0x7f) * scale;
    if (byte < 0x80) return count;
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
const isTakenUp = ({ structsByClient, deletions }: Decoded, clockByClient: Map<number, number>): boolean => {
  const clockOf = (client: number): number => clockByClient.get(client) ?? 0;
  const runs = new Map<number, Run>();
  for (const [client, structs] of structsByClient) {
    runs.set(client, { client, structs, at: 0, waitingByIndex: new Map() });
  }
  const due = [...runs.values()];
  for (let run = due.pop(); run !== undefined; run = due.pop()) {
    for (let struct = run.structs[run.at]; struct !== undefined; struct = run.structs[++run.at]) {
      const { clock } = struct.id;
      if (!(struct instanceof Y.Skip)) {
        if (clock > clockOf(run.client)) return false;
        const missing = dependenciesOf(struct).find((id) => id.clock >= clockOf(id.client));
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
  for (const [client, ranges] of deletions) {
    if (ranges.some(({ clock, len }) => clock + len > clockOf(client))) return false;
  }
  return true;
};

/** Lets a run go on when the struct with this id was taken up; false when the update does not bring it. */
const waitFor = ({ client, clock }: Y.ID, run: Run, runs: ReadonlyMap<number, Run>): boolean => {
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
    if (struct !== undefined && struct.id.clock + struct.length <= clock) low = middle + 1;
    else high = middle;
  }
  const found = structs[low];
  return found !== undefined && found.id.clock <= clock ? low : structs.length;
};

const dependenciesOf = (struct: Struct): readonly Y.ID[] => {
  if (!(struct instanceof Y.Item)) return [];
  const { origin, rightOrigin, parent } = struct;
  return [origin, rightOrigin, parent].filter((id): id is Y.ID => id instanceof Y.ID);
};
