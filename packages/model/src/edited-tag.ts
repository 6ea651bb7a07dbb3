/**
 * Tags of retries that write other values than the commit they stand for. A module of its own: pages need
 * commits, and no checksum.
 */
import type { Mutation } from "./commit.ts";
import { digestOf } from "./digest.ts";
import type { Value } from "./value.ts";

/**
 * The tag of a retry with other values than the commit had: of the commit's own tag and of what it writes,
 * so that it is not taken for the commit, and two copies of a device that edit it alike do it once.
 */
export const editedTag = (tag: string, mutations: readonly Mutation[]): string => {
  const written = mutations.map((mutation) => [mutation.key, writtenBy(mutation)]);
  const text: Value = { encoding: "bytes", data: new TextEncoder().encode(JSON.stringify(written)) };
  return `${originalTag(tag)}:${digestOf(text)}`;
};

/** The tag of the commit that an edited retry stands for; of any other its own. */
export const originalTag = (tag: string): string => tag.split(":", 1)[0] as string;

const writtenBy = (mutation: Mutation): string => {
  if (mutation.type === "set") return digestOf(mutation.value);
  return mutation.type === "merge" ? digestOf({ encoding: "bytes", data: mutation.update }) : mutation.type;
};
