/**
 * What a read's `consistency` means to the host. Checked as Deno KV does: when the read is made, so
 * that a list rejects by its first `next`.
 */

/** True for a read that must see every commit made before it. @throws TypeError for an unknown word */
export const isStrong = (consistency: unknown): boolean => {
  if (consistency === undefined || consistency === null || consistency === "strong") return true;
  if (consistency === "eventual") return false;
  throw new TypeError(`unknown variant \`${String(consistency)}\`, expected \`strong\` or \`eventual\``);
};
