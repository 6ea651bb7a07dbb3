/**
 * What a stock client is told of an update that was not taken: the reason and the text of the close.
 */
import type { RejectionReason, Ruling } from "@rockpool/model";
import type { YCloseReason } from "./y-socket.ts";

/** Undefined for what was taken. */
export const refusalOf = (ruling: Ruling): readonly [YCloseReason, string] | undefined => {
  if (ruling.type === "rejected") return rejectionOf(ruling.reason);
  return ruling.superseded.length > 0
    ? ["gone", "the document was deleted: begin with an empty Y.Doc and another provider"]
    : undefined;
};

const rejectionOf = (reason: RejectionReason): readonly [YCloseReason, string] => {
  switch (reason.type) {
    case "limit":
      return ["too-large", reason.message];
    case "missing":
      return ["missing", "the update builds on what the relay does not have: come back and sync"];
    case "type":
      return ["malformed", "the update is none that a document can hold"];
    case "permission":
      return ["scope", "what the token may read or write has changed: come back at once"];
    case "check":
    case "too-old":
    case "unknown":
      return ["internal", `the relay ruled its own commit "${reason.type}"`];
  }
};
