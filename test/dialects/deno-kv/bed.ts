/**
 * What every suite of this dialect stands on: one database in a place, opened once, in which each test
 * keeps to keys of its own; and what misuse passes for, written once.
 */
import { type Kv, type KvEntry, type KvKey, type KvListIterator, openKv } from "@rockpool/deno-kv";
import type { OpenOptions } from "rockpool";
import { expect } from "vitest";
import type { Place } from "../places.ts";

export class Bed {
  readonly place: Pick<Place, "name" | "options">;
  readonly bucket: string = `deno-kv-dialect-${crypto.randomUUID()}`;
  #kv: Kv | undefined;
  #tests = 0;

  constructor(place: Pick<Place, "name" | "options">) {
    this.place = place;
  }

  /** To be called before the first test. */
  async start(): Promise<void> {
    this.#kv = await this.open();
  }

  /** To be called after the last one. */
  stop(): void {
    this.#kv?.[Symbol.dispose]();
  }

  /** The database that all tests share. */
  get kv(): Kv {
    if (this.#kv === undefined) throw new Error("the bed was not started");
    return this.#kv;
  }

  /** As another tab opens it. */
  open(options: OpenOptions & { readonly queueLeaseMs?: number } = {}): Promise<Kv> {
    return openKv(this.bucket, { ...this.place.options(this.bucket), ...options });
  }

  /** A first part for the keys of one test. */
  at(): string {
    return `test ${++this.#tests}`;
  }
}

/** What a caller without types may pass. */
export const anything = (value: unknown): never => value as never;

export const drain = async <T>(entries: KvListIterator<T>): Promise<KvEntry<T>[]> => {
  const drained: KvEntry<T>[] = [];
  for await (const entry of entries) drained.push(entry);
  return drained;
};

/** The last parts of the keys a list yields, as one text. */
export const letters = async (entries: KvListIterator<unknown>): Promise<string> =>
  (await drain(entries)).map(({ key }) => String(key.at(-1))).join("");

export const valueOf = async (kv: Kv, ...key: KvKey): Promise<unknown> => (await kv.get(key)).value;

/** An error of this class and, letter by letter, this message. */
type Refusal = readonly [Class: new (message?: string) => Error, message: string];

/** A promise rejects so; it never throws at once. */
export const rejects = async (call: () => Promise<unknown>, [Class, message]: Refusal): Promise<void> => {
  const promise = call();
  expect(promise).toBeInstanceOf(Promise);
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expectError(error, Class, message);
};

/** A call throws so, at once. */
export const throwsAtOnce = (call: () => unknown, [Class, message]: Refusal): void => {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expectError(error, Class, message);
};

const expectError = (error: unknown, Class: Refusal[0], message: string): void => {
  expect(error).toBeInstanceOf(Class);
  const { constructor, message: told } = error as Error;
  expect([constructor.name, told]).toEqual([Class.name, message]);
};

/** Does it that often. */
export const times = (count: number, act: (index: number) => void): void => {
  for (let index = 0; index < count; index++) act(index);
};
