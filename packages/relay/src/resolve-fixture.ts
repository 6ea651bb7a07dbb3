/**
 * For tests: one bucket in a map, in which commits are ruled one after another as resolve says.
 */
import { documentBytesMax, type Commit, type PackedKey, type Value } from "@rockpool/model";
import { allRights } from "./access.ts";
import { key, replicaOf, testNowMs } from "./commit-fixture.ts";
import { createRelayConfig } from "./relay-config.ts";
import type { RelayEntry } from "./relay-entry.ts";
import { resolve, type Resolution, type RulingContext } from "./resolve.ts";
import { yjsDocuments } from "./yjs-documents.ts";

export const dayMs: number = 24 * 60 * 60 * 1000;

export interface RulingBucket {
  readonly rule: (commit: Commit, context?: Partial<RulingContext>) => Resolution;
  readonly entry: (name: string) => RelayEntry | undefined;
  readonly value: (name: string) => Value | undefined;
}

/** A bucket that applies what resolve says. */
export const createBucket = (overrides: Partial<RulingContext> = {}): RulingBucket => {
  const entries = new Map<PackedKey, RelayEntry>();
  let revision = 0;
  return {
    rule(commit: Commit, context: Partial<RulingContext> = {}): Resolution {
      revision++;
      const resolution = resolve((key) => entries.get(key), commit, {
        replica: replicaOf(commit),
        rights: allRights,
        nowMs: testNowMs,
        epochs: [{ epoch: "e1", firstRevision: 1 }],
        retentionMs: 90 * dayMs,
        limits: createRelayConfig().limits,
        documentBytesMax,
        documents: yjsDocuments,
        revision,
        ...overrides,
        ...context,
      });
      for (const entry of resolution.effects) entries.set(entry.key, entry);
      return resolution;
    },
    entry: (name: string): RelayEntry | undefined => entries.get(key(name)),
    value: (name: string) => entries.get(key(name))?.value,
  };
};
