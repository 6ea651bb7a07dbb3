/**
 * Whether a commit keeps to what its writer may read and write. A check needs the right to read its
 * key, and so does a sum, whose outcome tells what stood there: without it neither is looked at, so
 * that nothing is learnt of what may not be read.
 */
import { isInScope, type Commit, type PackedKey } from "@rockpool/model";
import type { Rights } from "./access.ts";
import { keyText } from "./key-text.ts";

/** What the commit may not do, naming the key and never a value; undefined when it may do all of it. */
export const deniedAccess = (commit: Commit, { read, write }: Rights): string | undefined => {
  for (const { key } of commit.checks) {
    if (!isInScope(read, key)) return denied("checks", key, "read");
  }
  for (const { type, key } of commit.mutations) {
    if (!isInScope(write, key)) return denied("writes", key, "write");
    const dependsOnValue = type !== "set" && type !== "delete";
    if (dependsOnValue && !isInScope(read, key)) return denied(`is a ${type} of`, key, "read");
  }
  return undefined;
};

const denied = (does: string, key: PackedKey, right: "read" | "write"): string =>
  `the commit ${does} ${keyText(key)}, which the token may not ${right}: leave the key out, or ask for the right`;
