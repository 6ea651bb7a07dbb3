/**
 * Commits and checkpoints cut short at every third of their requests, in the IndexedDB of a real browser.
 */
import { describeAbortedCommits } from "./log/aborted-commit-suite.ts";

describeAbortedCommits("IndexedDB", () => `aborted-${crypto.randomUUID()}`, 3);
