/**
 * Deno's classes as its users name them: a value to test with `instanceof`, and a type that says what
 * Deno's says and no more, so that either can stand where the other is asked for.
 */
import { KvU64 as KvU64Class } from "rockpool";
import { AtomicOperation as AtomicOperationClass } from "./atomic-operation.ts";
import type * as face from "./kv.ts";
import { Kv as KvClass } from "./kv-over-bucket.ts";
import { KvListIterator as KvListIteratorClass } from "./list-iterator.ts";

export type Kv = face.Kv;
/** @throws TypeError when called: `openKv` makes them */
export const Kv: { new (): Kv; readonly prototype: Kv } = KvClass;

export type AtomicOperation = face.AtomicOperation;
/** @throws TypeError when called: `Kv.atomic` makes them */
export const AtomicOperation: { new (): AtomicOperation; readonly prototype: AtomicOperation } =
  AtomicOperationClass;

export type KvListIterator<T> = face.KvListIterator<T>;
/** @throws TypeError when called: `Kv.list` makes them */
export const KvListIterator: { new <T>(): KvListIterator<T>; readonly prototype: KvListIterator<unknown> } =
  KvListIteratorClass as never;

export type KvU64 = face.KvU64;
/** @throws TypeError for what is no bigint, RangeError for one that 64 bits do not hold */
export const KvU64: { new (value: bigint): KvU64; readonly prototype: KvU64 } = KvU64Class;
