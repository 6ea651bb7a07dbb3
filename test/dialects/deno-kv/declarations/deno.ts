/**
 * What Deno declares and what `@rockpool/deno-kv` declares can stand in each other's place. Compiled by
 * declarations.test.ts, with Deno's own declarations; never run.
 */
import * as rockpool from "@rockpool/deno-kv";

/** True when a value of A can be given where a B is asked for. */
type Fits<A, B> = [A] extends [B] ? true : false;
type Both<A, B> = [Fits<A, B>, Fits<B, A>];
type BothWays = [true, true];

export const keys: Both<rockpool.KvKey, Deno.KvKey> = [true, true] satisfies BothWays;
export const keyParts: Both<rockpool.KvKeyPart, Deno.KvKeyPart> = [true, true] satisfies BothWays;
export const levels: Both<rockpool.KvConsistencyLevel, Deno.KvConsistencyLevel> = [
  true,
  true,
] satisfies BothWays;
export const selectors: Both<rockpool.KvListSelector, Deno.KvListSelector> = [true, true] satisfies BothWays;
export const mutations: Both<rockpool.KvMutation, Deno.KvMutation> = [true, true] satisfies BothWays;
export const entries: Both<rockpool.KvEntry<string>, Deno.KvEntry<string>> = [true, true] satisfies BothWays;
export const maybes: Both<rockpool.KvEntryMaybe<string>, Deno.KvEntryMaybe<string>> = [
  true,
  true,
] satisfies BothWays;
export const options: Both<rockpool.KvListOptions, Deno.KvListOptions> = [true, true] satisfies BothWays;
export const results: Both<rockpool.KvCommitResult, Deno.KvCommitResult> = [true, true] satisfies BothWays;
export const failures: Both<rockpool.KvCommitError, Deno.KvCommitError> = [true, true] satisfies BothWays;
export const checks: Both<rockpool.AtomicCheck, Deno.AtomicCheck> = [true, true] satisfies BothWays;
export const u64s: Both<rockpool.KvU64, Deno.KvU64> = [true, true] satisfies BothWays;
export const lists: Both<rockpool.KvListIterator<string>, Deno.KvListIterator<string>> = [
  true,
  true,
] satisfies BothWays;
export const operations: Both<rockpool.AtomicOperation, Deno.AtomicOperation> = [
  true,
  true,
] satisfies BothWays;
export const databases: Both<rockpool.Kv, Deno.Kv> = [true, true] satisfies BothWays;

/** The classes and functions, where Deno's are asked for. */
export const open: typeof Deno.openKv = rockpool.openKv;
export const kvClass: typeof Deno.Kv = rockpool.Kv;
export const operationClass: typeof Deno.AtomicOperation = rockpool.AtomicOperation;
export const iteratorClass: typeof Deno.KvListIterator = rockpool.KvListIterator;
export const u64Class: typeof Deno.KvU64 = rockpool.KvU64;
export const badResource: new (message?: string) => Deno.errors.BadResource = rockpool.errors.BadResource;

/** A function written for Deno takes ours, and one written for ours takes Deno's. */
export const takesDeno = async (kv: Deno.Kv): Promise<[string | null, number | null]> => {
  const [a, b] = await kv.getMany<[string, number]>([["a"], ["b"]]);
  await kv.listenQueue(async (message: { readonly id: string }) => {
    await kv.set(["seen", message.id], true, { expireIn: 1000 });
  });
  return [a.value, b.value];
};
export const takesRockpool = async (kv: rockpool.Kv): Promise<[string | null, number | null]> => {
  const [a, b] = await kv.getMany<[string, number]>([["a"], ["b"]]);
  await kv.listenQueue(async (message) => {
    const { id } = message as { readonly id: string };
    await kv.set(["seen", id, kv.commitVersionstamp()], true, { expireIn: 1000, confirm: "local" });
  });
  const stream = kv.watch<[string, number]>([["a"], ["b"]]);
  for await (const [{ value }] of stream) if (value !== null) return [value.toUpperCase(), b.value];
  return [a.value, b.value];
};
export const given = async (ours: rockpool.Kv, denos: Deno.Kv): Promise<void> => {
  await takesDeno(ours);
  await takesRockpool(denos);
};

// That this file is compiled at all, and against something.
// @ts-expect-error a number is no key
export const noKey: Deno.KvKey = 1;
// @ts-expect-error a string has no versionstamp
export const noEntry: Fits<string, Deno.KvEntry<string>> = true;
