/**
 * Puts Deno KV where code that was written for Deno looks for it: on the global `Deno`, beside whatever
 * stands there.
 */
import { KvU64 } from "rockpool";
import { AtomicOperation } from "./atomic-operation.ts";
import { errors } from "./errors.ts";
import { KvListIterator } from "./list-iterator.ts";
import { Kv } from "./kv-over-bucket.ts";
import { openKv, type OpenKvOptions } from "./open-kv.ts";

/**
 * Makes `Deno.openKv` open databases of this package, with `options`, and sets `Deno.Kv`, `AtomicOperation`, `KvListIterator`, `KvU64` and those of `Deno.errors` that are missing.
 * The function that it gives puts back what stood there; calls of `install` are to be undone last first.
 */
export const install = (options: OpenKvOptions = {}): (() => void) => {
  const undo: (() => void)[] = [];
  const deno = objectAt(globalThis, "Deno", undo);
  const names = {
    openKv: (path?: string) => openKv(path, options),
    Kv,
    AtomicOperation,
    KvListIterator,
    KvU64,
  };
  for (const [name, value] of Object.entries(names)) put(deno, name, value, undo);
  const classes = objectAt(deno, "errors", undo);
  for (const [name, value] of Object.entries(errors)) if (!(name in classes)) put(classes, name, value, undo);
  return () => {
    for (const step of undo.splice(0).toReversed()) step();
  };
};

/** What stands under a name of `holder`; a new object where nothing does. */
const objectAt = (holder: object, name: string, undo: (() => void)[]): object => {
  const present: unknown = Reflect.get(holder, name);
  if (typeof present === "object" && present !== null) return present;
  const made = {};
  put(holder, name, made, undo);
  return made;
};

/** @throws TypeError where it cannot be put */
const put = (holder: object, name: string, value: unknown, undo: (() => void)[]): void => {
  const before = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
  undo.push(() => {
    if (before === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, before);
  });
};
