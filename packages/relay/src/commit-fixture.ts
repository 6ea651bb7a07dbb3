/**
 * For tests: commits and turns in short form. A host "a" belongs to the replica "replica-a".
 */
import {
  createStamp,
  packKey,
  retentionMs,
  type Check,
  type Commit,
  type Mutation,
  type PackedKey,
  type Premise,
  type Value,
} from "@rockpool/model";
import type { PushedCommit, Turn } from "./engine.ts";
import { createRelayConfig } from "./relay-config.ts";

/** The relay's clock in these tests, and the time of a commit that says nothing else. */
export const testNowMs = 1_700_000_000_000;

export const key = (name: string): PackedKey => packKey([name]);
export const text = (data: string): Value => ({ encoding: "json", data: JSON.stringify(data) });
export const number = (data: bigint): Value => ({ encoding: "u64", data });

export const set = (name: string, value: Value | string, expireAt?: number): Mutation => ({
  type: "set",
  key: key(name),
  value: typeof value === "string" ? text(value) : value,
  ...(expireAt === undefined ? {} : { expireAt }),
});
export const remove = (name: string): Mutation => ({ type: "delete", key: key(name) });
export const sum = (name: string, operand: bigint): Mutation => ({ type: "sum", key: key(name), operand });
export const min = (name: string, operand: bigint): Mutation => ({ type: "min", key: key(name), operand });
export const max = (name: string, operand: bigint): Mutation => ({ type: "max", key: key(name), operand });

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
  retentionMs,
});

export const replicaOf = ({ name }: Commit): string => `replica-${name.host.split(":")[0]}`;
