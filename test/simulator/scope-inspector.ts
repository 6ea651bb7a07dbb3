/**
 * Looks at every row as it is appended: whatever lies outside of what the device follows has left no trace
 * in its log, neither an entry nor a page, nor a stamp that another's write raised, nor a ruling on a commit
 * that is not its own; and what both sides have compared was the same scope.
 */
import type { FilledFrom, PatchRow, PlacedRow, StorageImage } from "@rockpool/log";
import {
  type CommitResult,
  equalScopes,
  isInScope,
  laterStamp,
  nameKey,
  type PackedKey,
  type Revision,
  type Scope,
  type Stamp,
  zeroStamp,
} from "@rockpool/model";
import type { DeviceHistory } from "./device-history.ts";
import type { Oracle, Snapshot } from "./oracle.ts";
import { same, Violation } from "./violation.ts";

export class ScopeInspector {
  readonly #oracle: Oracle;

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  /** Of a row that `history` has just taken down and that stands in `image`. @throws Violation */
  look(history: DeviceHistory, row: PlacedRow, image: StorageImage): void {
    const at = `${history.at}, row ${row.position}`;
    switch (row.type) {
      case "session":
        for (const prefix of row.scope) seeInScope(at, history.followed, prefix);
        return;
      case "patch":
        return this.#seePatch(at, history, row);
      case "fill":
        if (row.relay !== undefined) this.#seeFill(at, history, row.relay, row.generation, image);
        return;
      case "verify":
        // Hashes over anything else than the same entries would differ.
        return same(9, at, true, row.equal);
      default:
    }
  }

  #seePatch(at: string, history: DeviceHistory, { epoch, scope, patch, changed }: PatchRow): void {
    seeServed(at, history.served, scope);
    const snapshots = this.#oracle.historyAt(epoch)?.snapshots ?? [];
    const stampAt = (revision: Revision, key: PackedKey): Stamp =>
      snapshots[revision]?.get(key)?.touched.stamp ?? zeroStamp;
    let [lowest, highest] = [zeroStamp, zeroStamp];
    for (const { key, revision, value } of patch.entries) {
      seeInScope(at, scope, key);
      lowest = laterStamp(lowest, stampAt(revision, key));
      // Of a document that has grown since, this may be an earlier part.
      highest = laterStamp(highest, stampAt(value?.encoding === "document" ? patch.head : revision, key));
    }
    if (patch.stamp < lowest || patch.stamp > highest) {
      const expected = `a stamp of ${lowest} to ${highest}`;
      throw new Violation({ invariant: 9, at, expected, found: patch.stamp });
    }
    for (const key of changed) if (!history.writtenKeys.has(key)) seeInScope(at, scope, key);
    this.#seeResults(at, history, patch.results);
  }

  #seeFill(
    at: string,
    history: DeviceHistory,
    { epoch, scope, to, stamp, results }: FilledFrom,
    generation: number,
    { pages }: StorageImage,
  ): void {
    seeServed(at, history.served, scope);
    for (const page of pages.values()) {
      if (page.generation !== generation) continue;
      for (const { key } of page.entries) seeInScope(at, scope, key);
    }
    const snapshot = this.#oracle.snapshotAt({ epoch, revision: to, scope }) ?? new Map();
    const highest = highestStampIn(snapshot, scope);
    if (stamp > highest) {
      throw new Violation({ invariant: 9, at, expected: `a stamp up to ${highest}`, found: stamp });
    }
    this.#seeResults(at, history, results);
  }

  /** Copies of a device share its replica id, and are told of each other's commits. */
  #seeResults(at: string, { replica }: DeviceHistory, results: readonly CommitResult[]): void {
    for (const { name } of results) {
      const by = this.#oracle.replicaByName.get(nameKey(name));
      if (by !== undefined) same(9, `${at}, ruling on ${nameKey(name)}`, replica, by);
    }
  }
}

const seeInScope = (at: string, scope: Scope, key: PackedKey): void => {
  if (isInScope(scope, key)) return;
  throw new Violation({ invariant: 9, at, key, expected: `what is within ${scope.join()}`, found: key });
};

const seeServed = (at: string, served: Scope, scope: Scope): void => {
  if (!equalScopes(served, scope)) same(9, at, served, scope);
};

const highestStampIn = (snapshot: Snapshot, scope: Scope): Stamp => {
  let highest = zeroStamp;
  for (const [key, { touched }] of snapshot) {
    if (isInScope(scope, key)) highest = laterStamp(highest, touched.stamp);
  }
  return highest;
};
