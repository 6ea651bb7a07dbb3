/**
 * What becomes of a call when IndexedDB fails it: every promise settles, with a code that is true.
 * Faults are planted in a real database, or made by hand: a closed handle, a deletion, a newer version.
 */
import { describe } from "vitest";
import { describeCommitFaults } from "./commit-fault-suite.ts";
import { describeDeadHandles, describeOpenFaults, describeRest } from "./handle-fault-suite.ts";
import { describeWrongGuesses } from "./wrong-guess-suite.ts";

export const describeIdbFaults = (name: string, freshName: () => string): void => {
  describe(`log faults: ${name}`, () => {
    describeCommitFaults(freshName);
    describeWrongGuesses(freshName);
    describeDeadHandles(freshName);
    describeRest(freshName);
    describeOpenFaults(freshName);
  });
};
