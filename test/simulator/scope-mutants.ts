/**
 * Planted bugs in what a device holds and is sent of what it does not follow: a part of the list in mutants.ts.
 */
import { mutant, type Mutant } from "./mutant.ts";

export const scopeMutants: readonly Mutant[] = [
  mutant(
    "show a sum over what is not here",
    "replica/src/view.ts",
    "const isKnown = session.epoch === null || isInScope(session.confirmedScope, key);",
    "const isKnown = session.epoch === null || session.fillDue || isInScope(session.confirmedScope, key);",
  ),
  mutant(
    "tell nobody of a sum that leaves the view",
    "replica/src/receive.ts",
    "shownOperations(state, key, leaves),",
    "shownOperations(state, key)?.filter((operation) => !leaves(operation)),",
  ),
  mutant(
    "hide a commit whose check is of what is not followed",
    "replica/src/receive.ts",
    "if (isKnown && !entries.has(key))",
    "if (!entries.has(key))",
  ),
  mutant(
    "send what is not followed",
    "relay/src/turn-news.ts",
    "changed: this.#changed.filter(({ key }) => isInScope(scope, key))",
    "changed: this.#changed",
  ),
  mutant(
    "tell the stamp of what is not followed",
    "relay/src/turn-news.ts",
    "stamp: highestStamp(changed) };",
    "stamp: highestStamp(this.#changed) };",
  ),
  mutant(
    "tell everybody of a ruling",
    "relay/src/memory-engine.ts",
    "(kept.replica === replica && !part.addResult(kept.result))",
    "!part.addResult(kept.result)",
  ),
  mutant(
    "compare more than what is followed",
    "relay/src/session.ts",
    "hashScope(this.#bucket, this.#feed.scope, at, isAsked)",
    'hashScope(this.#bucket, [""] as never, at, isAsked)',
  ),
];
