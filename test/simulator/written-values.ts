/**
 * The values that apps write in a virtual world.
 */
import type { Value } from "@rockpool/model";

export const json = (data: unknown): Value & { readonly encoding: "json" } => ({
  encoding: "json",
  data: JSON.stringify(data),
});
export const u64 = (data: bigint): Value & { readonly encoding: "u64" } => ({ encoding: "u64", data });
