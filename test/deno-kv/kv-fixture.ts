/**
 * A fresh bucket for each test, opened as an app opens it: in a worker over IndexedDB in a browser,
 * in memory in Node. What misuse passes for is written once here.
 */
import { type Kv, type KvEntry, type KvListIterator, openKv } from "rockpool";

export const freshName = (): string => `deno-kv-${crypto.randomUUID()}`;

/** For `test.extend`: each test has a bucket of its own as `kv`. */
export const kvFixture: { kv: (given: object, use: (kv: Kv) => Promise<void>) => Promise<void> } = {
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to learn what a fixture needs
  kv: async ({}, use) => {
    const kv = await openKv(freshName());
    await use(kv);
    await kv[Symbol.asyncDispose]();
  },
};

/** What a caller without types may pass. */
export const anything = (value: unknown): never => value as never;

export const drain = async <T>(entries: KvListIterator<T>): Promise<KvEntry<T>[]> => {
  const drained: KvEntry<T>[] = [];
  for await (const entry of entries) drained.push(entry);
  return drained;
};

export const keysOf = async (entries: KvListIterator<unknown>): Promise<unknown[]> =>
  (await drain(entries)).map(({ key }) => key);

export const valueOf = async (kv: Kv, ...key: string[]): Promise<unknown> => (await kv.get(key)).value;
