/**
 * A connection in a place, with a new NATS bucket for each test and what tests ask of every one.
 */
import type { Bucket } from "@rockpool/nats-kv";
import { connect, type Connection, type KvOptions, Kvm, type QueuedIterator } from "@rockpool/nats-kv";
import type { Kv } from "rockpool";
import { expect } from "vitest";
import type { PlaceBed } from "../places.ts";

export class NatsBed {
  readonly place: PlaceBed;
  /** The Rockpool bucket. */
  readonly name: string = `nats-${crypto.randomUUID()}`;
  #connection: Connection | undefined;

  constructor(place: PlaceBed) {
    this.place = place;
  }

  async start(): Promise<void> {
    await this.place.start();
    this.#connection = await connect({ bucket: this.name, ...this.place.options(this.name) });
    // The first contact with a relay may give what stood before it new revisions.
    if (this.place.name === "replica") await (await this.#connection.openKv()).sync.flush();
  }

  async stop(): Promise<void> {
    await this.#connection?.close();
    await this.place.stop();
  }

  get connection(): Connection {
    if (this.#connection === undefined) throw new Error("the bed was not started");
    return this.#connection;
  }

  get kvm(): Kvm {
    return new Kvm(this.connection);
  }

  /** What revisions are expected to be: these, of a bucket alone; any others, of a replica. */
  revisions(alone: readonly number[], given: readonly (number | undefined)[]): unknown {
    return this.place.name === "alone" ? alone : given.map(() => expect.any(Number) as unknown);
  }

  /** A name that no bucket has. */
  newName(): string {
    return `b-${crypto.randomUUID()}`;
  }

  /** A new bucket, with the methods that users reach by the class. */
  async create(options: Partial<KvOptions> = {}): Promise<Bucket> {
    return (await this.kvm.create(this.newName(), options)) as Bucket;
  }

  /** The same NATS bucket on another device, in step with what the relay has now. */
  async openOther(bucket: Bucket, options: { confirm?: "local" | "relay" } = {}): Promise<OtherDevice> {
    const own = await this.connection.openKv();
    const relayed = this.place.name === "replica";
    if (relayed) await own.sync.flush();
    const kv = await this.place.openOther(this.name, { history: 64 });
    if (relayed) await kv.sync.flush();
    const connection = await connect({ kv, ...options });
    const other = (await new Kvm(connection).open(bucket.bucket)) as Bucket;
    return { kv, bucket: other, [Symbol.asyncDispose]: () => kv[Symbol.asyncDispose]() };
  }
}

export interface OtherDevice extends AsyncDisposable {
  readonly kv: Kv;
  readonly bucket: Bucket;
}

/** All that an iterator gives. */
export const collect = async <T>(iterator: QueuedIterator<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of iterator) items.push(item);
  return items;
};

/** What an iterator gives from now on, as texts. */
export const gather = <T>(iterator: QueuedIterator<T>, toText: (item: T) => string): string[] => {
  const texts: string[] = [];
  void (async () => {
    for await (const item of iterator) texts.push(toText(item));
  })();
  return texts;
};

/** An error as its name, code and text. */
export const failure = async (call: () => unknown): Promise<string> => {
  try {
    await call();
  } catch (error) {
    const { name, code, status, message } = error as Error & { code?: unknown; status?: unknown };
    return [name, code, status, message].filter((part) => part !== undefined).join(" ");
  }
  return "no error";
};
