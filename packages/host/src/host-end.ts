/**
 * How a host's end is told to calls that come after it.
 */
import { KvError } from "@rockpool/model";

export const closedError = (bucket: string): KvError =>
  new KvError("closed", `the bucket "${bucket}" is closed; open it again with openKv`);

export const destroyedError = (bucket: string): KvError =>
  new KvError(
    "destroyed",
    `the bucket "${bucket}" was deleted from this device; open it again to begin anew`,
  );
