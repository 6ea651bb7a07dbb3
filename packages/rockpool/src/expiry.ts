/**
 * How long an entry lives: checked at the call, counted by the host, which knows the relay's clock.
 * @see https://docs.deno.com/api/deno/~/Deno.Kv.set
 */
import type { SetOptions } from "./kv.ts";

/**
 * The life of an entry, in ms from when the host takes it: the host alone knows the relay's clock.
 * @throws TypeError for an `expireIn` that is neither a non-negative integer nor "never"
 */
export const lifeOf = (options: SetOptions | undefined): { readonly expireIn?: number | "never" } => {
  const expireIn: unknown = options?.expireIn;
  if (expireIn === undefined) return {};
  if (expireIn === "never") return { expireIn };
  if (typeof expireIn !== "number" || !Number.isInteger(expireIn) || expireIn < 0) {
    throw new TypeError(`expireIn must be a non-negative integer: received ${String(expireIn)}`);
  }
  return { expireIn };
};
