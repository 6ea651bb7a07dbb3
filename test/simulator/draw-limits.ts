/**
 * Draws limits of a relay that the commits of a run meet: some of them are over one, most are not.
 */
import type { PlannedLimits } from "./actions.ts";
import type { Chance } from "./chance.ts";

export const drawLimits = (chance: Chance): PlannedLimits => ({
  ...drawCommitLimit(chance),
  // How much waits for its ruling at once: commits, and their bytes.
  ...(chance.is(0.5) ? { pushCommitsMax: chance.between(1, 5) } : {}),
  ...(chance.is(0.3) ? { pushBytesMax: chance.between(10, 100) } : {}),
});

const drawCommitLimit = (chance: Chance): PlannedLimits => {
  switch (chance.between(0, 6)) {
    case 0:
      return { mutationsMax: chance.between(1, 2) };
    case 1:
      return { checksMax: 1 };
    case 2:
      // From the shortest key of the workload to one below the longest.
      return { keyBytesMax: chance.between(9, 15) };
    case 3:
      // Digits: values grow in the course of a run.
      return { valueBytesMax: chance.between(2, 4) };
    case 4:
      // About what an edit of a document has.
      return { valueBytesMax: chance.between(25, 60) };
    case 5:
      return { commitBytesMax: chance.between(12, 40) };
    default:
      return {};
  }
};
