/**
 * Commits and checkpoints cut short at any of their requests, over a stand-in for IndexedDB.
 */
// oxlint-disable-next-line import/no-unassigned-import -- puts the globals in place
import "fake-indexeddb/auto";
import { describeAbortedCommits } from "./log/aborted-commit-suite.ts";

let databases = 0;

describeAbortedCommits("fake-indexeddb", () => `aborted-${(databases += 1)}`, 1);
