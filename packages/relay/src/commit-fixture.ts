/**
 * For tests: commits and turns in short form. A host "a" belongs to the replica "replica-a".
 */
import {
  createStamp,
  documentBytesMax,
  retentionMs,
  type Check,
  type Commit,
  type Mutation,
  type Premise,
} from "@rockpool/model";
import { key, testNowMs } from "@rockpool/model/mutation-fixture";
import type { PushedCommit, Turn } from "./engine.ts";
import { createRelayConfig } from "./relay-config.ts";

export { key, max, min, number, remove, set, sum, testNowMs, text } from "@rockpool/model/mutation-fixture";

export const check = (name: string, premise: Premise): Check => ({ key: key(name), premise });

/** A commit `host.n`, made at `atMs` after the clock of these tests. */
export const commitOf = (
  host: string,
  n: number,
  mutations: readonly Mutation[],
  options: { atMs?: number; checks?: readonly Check[]; tag?: string } = {},
): Commit => ({
  name: { host, n },
  tag: options.tag ?? `${host}-${n}`,
  stamp: createStamp(testNowMs + (options.atMs ?? 0), 0, host.replaceAll(":", "")),
  checks: options.checks ?? [],
  mutations,
});

/** A turn in which each commit is pushed by a replica named after its host. */
export const turnOf = (...commits: readonly (Commit | PushedCommit)[]): Turn => ({
  pushes: commits.map((commit) => ("commit" in commit ? commit : { replica: replicaOf(commit), commit })),
  nowMs: testNowMs,
  limits: createRelayConfig().limits,
  documentBytesMax,
  retentionMs,
});

export const replicaOf = ({ name }: Commit): string => `replica-${name.host.split(":")[0]}`;
