/**
 * What an exception of IndexedDB means for its caller. Names decide, not classes: browsers differ in
 * the class of QuotaExceededError, and an aborted transaction may carry no error at all.
 */
import { KvError } from "@rockpool/model";

/** - `refused`: asking again is of no use. - `lost`: the handle may be dead, another one may do. */
export type StorageFault =
  | { readonly type: "refused"; readonly error: unknown }
  | { readonly type: "lost"; readonly cause: unknown };

/** Judges what a transaction or an open request threw or ended with. */
export const faultOf = (cause: unknown): StorageFault => {
  switch (nameOf(cause)) {
    case "QuotaExceededError":
      return refused(
        new KvError(
          "quota",
          "The device has no room for it, and nothing was written: delete entries, which works on a full disk, or free space on the device, and try again; status() tells usage and quota.",
          { cause },
        ),
      );
    case "DataCloneError":
      return refused(new KvError("unsupported", "A value cannot be stored; nothing was written.", { cause }));
    case "VersionError":
      return refused(new KvError("newer-format", "The bucket was written by a newer Rockpool.", { cause }));
    case "SecurityError":
      return refused(new KvError("unavailable", "This page may not use IndexedDB.", { cause }));
    case "ConstraintError":
    case "DataError":
    case "NotFoundError":
    case "NotReadableError":
      return refused(new KvError("corrupt", "The database does not hold what a bucket holds.", { cause }));
    default:
      // An error that is no DOMException was thrown by code of ours or of the caller: it stays as it is.
      return cause instanceof Error && !(cause instanceof DOMException)
        ? refused(cause)
        : { type: "lost", cause };
  }
};

const refused = (error: unknown): StorageFault => ({ type: "refused", error });

const nameOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "name" in cause ? String(cause.name) : undefined;
