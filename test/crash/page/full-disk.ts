/**
 * What the page offers to the tests of a full disk and of a cleared one: entries that no storage can make smaller, written
 * until there is no room, counted and deleted.
 */
import { type Kv, KvError, openKv } from "rockpool";

/** What a bucket holds. */
export interface FullDiskContent {
  readonly count: number;
  /** Entries that are not as they were written. */
  readonly torn: number;
}

/** On the page's global object. */
export interface FullDisk {
  open(bucket: string): Promise<void>;
  close(): Promise<void>;
  /** Sets entries of so many bytes, at most `entriesMax`; how many were acknowledged, and with what code it ended. */
  fill(
    bytes: number,
    entriesMax: number,
  ): Promise<{ readonly written: number; readonly code: string | null }>;
  read(): Promise<FullDiskContent>;
  /** Deletes the first entries, one by one. */
  deleteEach(count: number): Promise<void>;
  /** Deletes all entries but so many, by selector. */
  deleteAllBut(count: number): Promise<number>;
  /** Fulfilled with the code of what ended the bucket, when nobody closed it. */
  ended(): Promise<string>;
  /** Bytes that the bucket put aside, about. */
  reservedBytes(): Promise<number>;
  /** The code of what the upkeep failed with; null when it goes well. */
  trouble(): Promise<string | null>;
}

let kv: Kv;
let bucket: string;
let next = 0;
let ended: Promise<string>;

/** Random hex digits after the number of its bytes. */
const textOf = (bytes: number): string => {
  const drawn = new Uint8Array(bytes / 2);
  for (let from = 0; from < drawn.length; from += 65_536) {
    crypto.getRandomValues(drawn.subarray(from, from + 65_536));
  }
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("no error was given")));
  });

const codeOf = (error: unknown): string => (error instanceof KvError ? error.code : String(error));

const firstKeys = async (limit: number): Promise<readonly number[]> => {
  const found: number[] = [];
  for await (const [, n] of kv.keys({ prefix: ["e"] }, { limit })) found.push(Number(n));
  return found;
};

const fullDisk: FullDisk = {
  open: async (name) => {
    bucket = name;
    kv = await openKv(bucket, {
      worker: () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
    });
    ended = new Promise((resolve) => {
      kv.sync.addEventListener("ended", ({ detail }) => resolve(detail.code));
    });
    next = ((await firstKeys(100_000)).at(-1) ?? -1) + 1;
  },
  close: async () => kv[Symbol.asyncDispose](),
  fill: async (bytes, entriesMax) => {
    for (let written = 0; written < entriesMax; written++) {
      try {
        await kv.set(["e", next], { bytes, text: textOf(bytes) });
        next++;
      } catch (error) {
        return { written, code: codeOf(error) };
      }
    }
    return { written: entriesMax, code: null };
  },
  read: async () => {
    let [count, torn] = [0, 0];
    for await (const { value } of kv.list<{ bytes: number; text: string }>({ prefix: ["e"] })) {
      count++;
      if (value.text.length !== value.bytes) torn++;
    }
    return { count, torn };
  },
  deleteEach: async (count) => {
    for (const n of await firstKeys(count)) await kv.delete(["e", n]);
  },
  deleteAllBut: async (count) => {
    const keys = await firstKeys(100_000);
    const end = keys.at(-count) ?? next;
    return (await kv.delete({ start: ["e"], end: ["e", end] })).deleted;
  },
  ended: () => ended,
  reservedBytes: async () => {
    const database = await settled(indexedDB.open(`rockpool:${bucket}`));
    const values = await settled(database.transaction("meta").objectStore("meta").getAll());
    database.close();
    return values.reduce(
      (bytes: number, value) => bytes + (value instanceof Uint8Array ? value.length : 0),
      0,
    );
  },
  trouble: async () => {
    const { error } = await kv.status();
    return error === null ? null : codeOf(error);
  },
};
Object.assign(globalThis, { fullDisk });
