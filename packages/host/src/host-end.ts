/**
 * What calls fail with once a host has let go of its bucket, by why it did.
 */
import { KvError } from "@rockpool/model";

/** - `closed` by its own tab. - `destroyed`, or its user `signed-out`, in another tab. */
export type EndReason = "closed" | "destroyed" | "signed-out";

export const endError = (bucket: string, why: EndReason): KvError => {
  switch (why) {
    case "closed":
      return new KvError("closed", `the bucket "${bucket}" is closed; open it again with openKv`);
    case "destroyed":
      return new KvError(
        "destroyed",
        `the bucket "${bucket}" was deleted from this device; open it again to begin anew`,
      );
    case "signed-out":
      return new KvError("closed", `the bucket "${bucket}" was closed: its user signed out in another tab`);
  }
};
