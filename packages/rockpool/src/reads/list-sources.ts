/**
 * What can be listed: entries, and keys alone, whose values then never leave the host.
 */
import type { TransportEntry } from "@rockpool/host";
import { type Key, type PackedKey, unpackKey } from "@rockpool/model";
import { expectAnswer, type Send } from "../answer.ts";
import type { KvEntry } from "../entry.ts";
import type { ListSource } from "./list-iterator.ts";
import { toEntry } from "../transport.ts";

export const entrySource = <T>(send: Send): ListSource<TransportEntry, KvEntry<T>> => ({
  read: async (ask, signal) => expectAnswer(await send({ type: "list", ...ask }, signal), "entries").entries,
  keyOf: ({ key }) => key,
  toItem: (entry) => toEntry<T>(entry) as KvEntry<T>,
});

export const keySource = (send: Send): ListSource<PackedKey, Key> => ({
  read: async (ask, signal) => expectAnswer(await send({ type: "keys", ...ask }, signal), "keys").keys,
  keyOf: (key) => key,
  toItem: unpackKey,
});
