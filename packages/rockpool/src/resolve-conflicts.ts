/**
 * Asks the app's `onConflict` about rejected groups, key by key, and says what follows for each group.
 */
import type {
  TransportConflict,
  TransportConflictGroup,
  TransportResolution,
  TransportValue,
} from "@rockpool/host";
import { packError, type PackedKey, unpackKey } from "@rockpool/model";
import type { ConflictAnswer, OnConflict } from "./sync.ts";
import { decodeFromHost, encodeForHost, toEntry } from "./transport.ts";

export const resolveConflicts = (
  groups: readonly TransportConflictGroup[],
  onConflict: OnConflict,
): readonly TransportResolution[] => groups.map((group) => resolveGroup(group, onConflict));

/** A commit stands or falls whole: with one key left it is left, with one that is theirs it is discarded. */
const resolveGroup = (
  { id, conflicts }: TransportConflictGroup,
  onConflict: OnConflict,
): TransportResolution => {
  const values: { key: PackedKey; value: TransportValue }[] = [];
  let isTheirs = false;
  try {
    for (const conflict of conflicts) {
      const answer = ask(conflict, onConflict);
      if (answer === undefined) return { id, type: "leave" };
      if (answer === "theirs") isTheirs = true;
      else if (answer !== "mine") values.push({ key: conflict.key, value: encodeForHost(answer.value) });
    }
  } catch (error) {
    return { id, type: "leave", error: packError(error) };
  }
  return isTheirs ? { id, type: "discard" } : { id, type: "retry", values };
};

/** @throws what `onConflict` throws; TypeError for an answer that is none */
const ask = ({ key, mine, theirs, base }: TransportConflict, onConflict: OnConflict): ConflictAnswer => {
  const answer: unknown = onConflict({
    key: unpackKey(key),
    mine: mine === undefined ? null : decodeFromHost(mine),
    theirs: toEntry(theirs),
    ...(base === undefined ? {} : { base: decodeFromHost(base) }),
  });
  const hasValue = typeof answer === "object" && answer !== null && "value" in answer;
  if (answer === undefined || answer === "mine" || answer === "theirs" || hasValue) {
    return answer as ConflictAnswer;
  }
  const received = answer instanceof Promise ? "a promise" : JSON.stringify(answer);
  throw new TypeError(
    `onConflict must return "mine", "theirs", { value } or undefined, at once: received ${received}`,
  );
};
