/**
 * A device in memory whose tabs restore step by step, so that a test can stop, kill or interleave
 * them anywhere; with what stands on its disk.
 */
import type { TransferStep, Transferred } from "@rockpool/host";
import { type BucketSettings, type Log, MemoryStorage, openMemoryLog } from "@rockpool/log";
import type { Kv } from "rockpool";
import { createTally } from "../store/observed-log.ts";
import { StoreDevice, type StoreTab } from "../store/store-device.ts";

/** Pages are small, so that few entries make many; the tail is short, so that checkpoints are due. */
export const fillSettings = {
  limits: { rowsMax: 40, pagesMax: 6, pageEntries: 4, pageBytes: 600 },
  tailEntries: 1000,
  tailBytes: 1_000_000,
};

export interface FillBed {
  readonly storage: MemoryStorage;
  readonly device: StoreDevice;
}

export interface FillBedOptions {
  /** How many of the messages between tabs are lost, from 0 to 1. */
  readonly loss?: number;
  readonly seed?: number;
  /** Comes between a host and its log. */
  readonly wrap?: (log: Log) => Log;
  readonly storage?: MemoryStorage;
  /** What every tab asks for when it opens the bucket. */
  readonly kept?: BucketSettings;
}

export const openBed = async (
  tabs: number,
  { loss = 0, seed = 1, wrap = (log) => log, storage = new MemoryStorage(), kept }: FillBedOptions = {},
): Promise<FillBed> => {
  const bed = { openLog: async () => wrap(await openMemoryLog(storage)) };
  const settings = {
    hasRelay: false,
    host: fillSettings,
    loss,
    seed,
    ...(kept === undefined ? {} : { kept }),
  };
  return { storage, device: await StoreDevice.open(bed, settings, createTally(), tabs) };
};

/** A log that asks `before` ahead of each call, with its name, and waits for it. */
export const intercept = (log: Log, before: (name: string) => Promise<void> | void): Log =>
  new Proxy(log, {
    get: (target, name): unknown => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]): Promise<unknown> => {
        await before(String(name));
        return Reflect.apply(member, target, given);
      };
    },
  });

export const step = ({ host }: StoreTab, step: TransferStep): Promise<Transferred> =>
  host.call("transfer", { step });

/** The steps of a restore of a text, in order. */
export const restoreSteps = (id: number, text: string, pieceBytes: number): readonly TransferStep[] => {
  const bytes = new TextEncoder().encode(text);
  const pieces: TransferStep[] = [];
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    pieces.push({ type: "restore", id, bytes: bytes.slice(from, from + pieceBytes) });
  }
  return [{ type: "begin-restore", id }, ...pieces, { type: "end-restore", id }];
};

/** What stands in the bucket, as "key=value" in key order. */
export const contentsOf = async (kv: Kv): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const { key, value } of kv.list({ prefix: [] })) {
    lines.push(`${key.map(String).join("/")}=${JSON.stringify(value)}`);
  }
  return lines;
};

/** The contents that `entryLines` describes. */
export const contentsOfEntries = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${name}/${n}="${name}"`);

/** The generations that have pages on disk, ascending. */
export const generationsOn = ({ image }: MemoryStorage): readonly number[] =>
  [...new Set(Array.from(image.pages.values(), ({ generation }) => generation))].toSorted((a, b) => a - b);

/** Deletes what nobody needs, and says which generations have pages then, and which is in force. */
export const sweep = async (
  { host }: StoreTab,
  storage: MemoryStorage,
): Promise<{ readonly left: readonly number[]; readonly inForce: number; readonly building: number }> => {
  await host.sweepGenerations();
  const { generation, building } = host.state;
  return { left: generationsOn(storage), inForce: generation, building: building.size };
};
