/**
 * Signing out: what the device holds of a user leaves it, or stays for this user's return, in all tabs.
 * What is not safe at the relay is never deleted unless the app says so.
 */
import type { HostOpenOptions, Unsynced } from "@rockpool/host";
import { KvError } from "@rockpool/model";
import type { HostConnection } from "./host-connection.ts";
import type { Kv } from "./kv.ts";
import { internalsByKv } from "./kv-internals.ts";
import { readonlyError } from "./readonly-error.ts";
import type { SignOutOptions, SignOutResult } from "./sync.ts";

export const signOut = async (
  kv: Kv,
  connection: HostConnection,
  open: HostOpenOptions,
  { unsynced: answer, signal }: SignOutOptions,
): Promise<SignOutResult> => {
  if (answer !== undefined && answer !== "drain" && answer !== "keep" && answer !== "discard") {
    throw new TypeError(`unsynced must be "drain", "keep" or "discard": received ${String(answer)}`);
  }
  if (open.readonly === true) throw readonlyError();
  if (open.relay === undefined && answer !== "keep" && answer !== "discard") {
    throw new KvError(
      "unsupported",
      `the bucket "${open.bucket}" has no relay, so all of it is on this device alone; pass unsynced: "keep" or "discard"`,
    );
  }
  if (answer !== "keep" && answer !== "discard") {
    const unsynced = await leave(kv, connection, answer === "drain", signal);
    if (isAny(unsynced)) return { ok: false, unsynced };
  }
  if (answer !== "keep") await kv.destroy();
  else {
    await saveEdits(kv);
    await connection.call("endOthers", {}, signal);
    await kv[Symbol.asyncDispose]();
  }
  return { ok: true };
};

/** Has the other tabs let go once everything is synced; tells what is not. */
const leave = async (
  kv: Kv,
  connection: HostConnection,
  mayDrain: boolean,
  signal: AbortSignal | undefined,
): Promise<Unsynced> => {
  const drained = async (): Promise<Unsynced> => {
    await saveEdits(kv);
    if (mayDrain) await connection.call("flush", {}, signal);
    return connection.call("unsynced", {}, signal);
  };
  const unsynced = await drained();
  if (isAny(unsynced)) return unsynced;
  await connection.call("endOthers", {}, signal);
  // They may have committed until now.
  return drained();
};

/** Documents of this tab may have edits that are in no commit yet. */
const saveEdits = async (kv: Kv): Promise<void> => {
  await Promise.all([...(internalsByKv.get(kv)?.saves ?? [])].map((save) => save()));
};

const isAny = ({ pending, rejected }: Unsynced): boolean => pending > 0 || rejected > 0;
