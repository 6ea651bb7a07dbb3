/** When an entry ends. */
import type { SetOptions } from "./kv.ts";

/**
 * The end of an entry that is set at `now`, in ms since 1970.
 * @throws TypeError for an `expireIn` that is no non-negative integer
 */
export const expiryOf = (
  options: SetOptions | undefined,
  now: () => number,
): { readonly expireAt?: number } => {
  const expireIn: unknown = options?.expireIn;
  if (expireIn === undefined) return {};
  if (typeof expireIn !== "number" || !Number.isInteger(expireIn) || expireIn < 0) {
    throw new TypeError(`expireIn must be a non-negative integer: received ${String(expireIn)}`);
  }
  return { expireAt: now() + expireIn };
};
