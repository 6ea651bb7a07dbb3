/** The replica as a pure fold of its log, what is decided on it, and the sync session. No I/O. */
export { type AdoptDecision, decideWelcome } from "./adopt.ts";
export { type AttachDecision, decideAttach } from "./attach.ts";
export { joinEntries } from "./appended.ts";
export { limitsOf, scopeOf } from "./allowed.ts";
export { type Conflict, conflictsOf } from "./conflicts.ts";
export {
  buildCheckpoint,
  type CheckpointLimits,
  checkpointLimits,
  type CheckpointPlan,
  planCheckpoint,
} from "./checkpoint.ts";
export { type Compaction, decideCompact } from "./compact.ts";
export { confirmedIn, type ConfirmedPiece } from "./confirmed.ts";
export {
  type CommitAuthor,
  type CommitOutcome,
  type CommitRequest,
  evaluateGroup,
  type GroupEvaluation,
} from "./evaluate.ts";
export { foldRow } from "./fold.ts";
export { lostCommits } from "./fold-sync.ts";
export { historyOf } from "./history.ts";
export { type ListedEntry, listEntries } from "./list.ts";
export { type Loss, lossesOf } from "./losses.ts";
export { type Lacking, PageIndex, Pages } from "./page-index.ts";
export { splitEntries } from "./page-split.ts";
export {
  decideDoomed,
  decideLateResults,
  decidePatch,
  type PatchDecision,
  type ReceivedPatch,
  type ReceivedRulings,
} from "./receive.ts";
export { decideDiscard, decideRetry, isBuiltOn, type RejectedCommits, rejectedGroups } from "./rejected.ts";
export { createPage, resized } from "./rewrite-pages.ts";
export type { RowEffect } from "./row-effect.ts";
export { scanKeys, type ScanLimits, type Scanned, scanRange } from "./scan.ts";
export { nextSession, offSession } from "./session.ts";
export type {
  FillPart,
  Session,
  SessionContext,
  SessionEffect,
  SessionEvent,
  SessionPhase,
  SessionStep,
} from "./session-event.ts";
export { decideSweep, dueAt, dueMsOf, type SweepLimits, sweepableKeys } from "./sweep.ts";
export { isUnruled, pageIndexOf, ReplicaState, stateAtCheckpoint } from "./state.ts";
export { memoryKeys, sizeChange } from "./size.ts";
export { type StoredGenerations, storedGenerations } from "./stored-generations.ts";
export { type ConfirmedView, confirmedOf, type EntryView, isPresent, viewOf } from "./view.ts";
export { countKeys, type CountedRange, type DeletedRange, type DeleteLimits, deletesIn } from "./walk.ts";
