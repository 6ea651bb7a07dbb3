/**
 * Folders are for Node: in a browser the option is refused, wherever it is passed, and says so.
 */
import { destroyBucket, listBuckets, openKv } from "rockpool";
import { openKv as openKvInline } from "rockpool/inline";
import { openKv as openKvOnMain } from "rockpool/main";
import { expect, test } from "vitest";

const given = { folder: "data" };

test.each([
  ["openKv", () => openKv("b", given)],
  ["openKv with a fallback", () => openKv("b", { ...given, fallback: "memory" })],
  ["openKv of rockpool/main", () => openKvOnMain("b", given)],
  ["openKv of rockpool/inline", () => openKvInline("b", given)],
  ["listBuckets", () => listBuckets(given)],
  ["destroyBucket", () => destroyBucket("b", given)],
])("%s refuses a folder in a browser", async (_, call) => {
  await expect(call()).rejects.toThrow(TypeError);
  await expect(call()).rejects.toThrow("the option folder is for Node");
});
