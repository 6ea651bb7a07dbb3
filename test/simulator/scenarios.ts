/**
 * Aimed plans: what random runs seldom meet, written down. They find nothing in sound code, and catch
 * the planted bugs that are meant for them.
 */
import { scenario, type Scenario } from "./scenario.ts";
import { accessScenarios } from "./scenarios-access.ts";
import { attachScenarios } from "./scenarios-attach.ts";
import { documentScenarios } from "./scenarios-documents.ts";
import { lateScenarios } from "./scenarios-late.ts";

export const scenarios: readonly Scenario[] = [
  scenario(
    "a copy pushes a commit of which the relay, put back since, knows a retry alone",
    ["do not count a retry as the commit it stands for"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [2000, 0, { type: "relay-backup" }],
      [100, 0, { type: "offline", forMs: 6000 }],
      [100, 0, { type: "commit", writes: [["sum", "counter a", 1]], check: ["checked a"] }],
      [100, 0, { type: "clone" }],
      [0, 2, { type: "offline", forMs: 90_000 }],
      [500, 1, { type: "commit", writes: [["set", "checked a", 2]] }],
      [15_000, 1, { type: "offline", forMs: 90_000 }],
      [1000, 0, { type: "relay-restore", downMs: 100 }],
      [15_000, 0, { type: "decide", retry: true }],
    ],
  ),
  scenario(
    "a device retries what the relay, put back since, has accepted from its copy",
    ["rule on a retry of what was accepted"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [2000, 0, { type: "relay-backup" }],
      [100, 0, { type: "offline", forMs: 6000 }],
      [100, 0, { type: "commit", writes: [["sum", "counter a", 1]], check: ["checked a"] }],
      [100, 0, { type: "clone" }],
      [0, 2, { type: "offline", forMs: 40_000 }],
      [500, 1, { type: "commit", writes: [["set", "checked a", 2]] }],
      [15_000, 1, { type: "offline", forMs: 90_000 }],
      [1000, 0, { type: "offline", forMs: 60_000 }],
      [100, 0, { type: "relay-restore", downMs: 100 }],
      [1000, 0, { type: "decide", retry: true }],
      [90_000, 0, { type: "decide", retry: true }],
    ],
  ),
  scenario(
    "a device and its copy both retry what was rejected",
    ["a retry under a fresh name", "check a retry on what was seen then"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [2000, 0, { type: "offline", forMs: 3000 }],
      [100, 0, { type: "commit", writes: [["sum", "counter a", 1]], check: ["checked a"] }],
      [500, 1, { type: "commit", writes: [["set", "checked a", 2]] }],
      [15_000, 0, { type: "clone" }],
      [3000, 0, { type: "decide", retry: true }],
      [3000, 2, { type: "decide", retry: true }],
    ],
  ),
  scenario(
    "a device comes back when a deletion that it never saw is forgotten",
    ["forget the floor of dropped deletions"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "text a", 1]] }],
      [2000, 1, { type: "offline", forMs: 60_000 }],
      [1000, 0, { type: "commit", writes: [["delete", "text a"]] }],
      [50_000, 0, { type: "commit", writes: [["set", "text b", 2]] }],
    ],
    { relay: { retentionMs: 20_000, sweepMs: 1000 } },
  ),
  ...lateScenarios,
  ...accessScenarios,
  ...attachScenarios,
  ...documentScenarios,
];
