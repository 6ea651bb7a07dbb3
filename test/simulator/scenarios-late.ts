/**
 * Aimed plans in which something comes too late: a patch, a welcome or a checkpoint that was made for
 * what the replica was then, while another tab has moved it on.
 */
import type { Action } from "./actions.ts";
import { scenario, type Scenario, type Step } from "./scenario.ts";

/** One commit that sets all keys. */
const setAtOnce = (names: readonly string[], value: number): Action => ({
  type: "commit",
  writes: names.map((name) => ["set", name, value]),
});

/** A commit for each key, one after the other, so that each has a revision of its own. */
const setEach = (device: number, names: readonly string[], value: number): readonly Step[] =>
  names.map((name, index) => [300, device, setAtOnce([name], value + index)]);

/** So that what is under way comes to its end before every fault is healed. */
const wait = (forMs: number): Step => [forMs, 1, { type: "settled" }];

export const lateScenarios: readonly Scenario[] = [
  scenario(
    "a patch of an epoch that is gone arrives late, and follows on the cursor",
    ["leave the epoch out of the guard"],
    [2, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text a", 1]] }],
      [1000, 1, { type: "relay-backup" }],
      [1000, 0, { type: "freeze-tab", forMs: 5000 }],
      [100, 1, { type: "commit", writes: [["set", "text a", 2]] }],
      [500, 1, { type: "evict" }],
      [0, 0, { type: "relay-restore", downMs: 0 }],
      [100, 0, { type: "steal-sync" }],
      [500, 1, { type: "open-tab" }],
      [2000, 0, { type: "freeze-tab", forMs: 4000 }],
      [100, 1, { type: "commit", writes: [["set", "text b", 3]] }],
      wait(8000),
    ],
  ),
  scenario(
    "a patch for what was followed before arrives late, and follows on the cursor",
    ["leave the scope out of the guard"],
    [2, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text a", 1]] }],
      [4000, 0, { type: "steal-sync" }],
      [3000, 0, { type: "follow", prefixes: ["text"] }],
      [3000, 0, { type: "freeze-tab", forMs: 3000 }],
      [100, 1, { type: "commit", writes: [["set", "checked a", 2]] }],
      wait(1000),
    ],
    { channelLoss: 1 },
  ),
  scenario(
    "parts that were read at a later head are set aside when an earlier patch follows on them",
    ["reveal parts that were read at a later head"],
    [2, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text a", 1]] }],
      [2000, 0, { type: "freeze-tab", forMs: 30_000 }],
      ...setEach(1, ["text a", "text b", "text c", "text d", "text e", "text f", "text g", "text a"], 10),
      [1000, 0, { type: "slow-link", forMs: 20_000 }],
      [0, 0, { type: "steal-sync" }],
      [12_000, 0, { type: "kill-tab" }],
    ],
    { relay: { patchEntriesMax: 1, catchUpPartsMax: 1 } },
  ),
  scenario(
    "a relay is put back to between the parts of a catch-up and the head they were read at",
    ["keep what was set aside over an epoch"],
    [1, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text a", 1]] }],
      [2000, 0, { type: "pause" }],
      ...setEach(1, ["text b", "text c", "text d", "text e", "text f", "text g", "text h", "text i"], 10),
      [1000, 1, { type: "relay-backup" }],
      ...setEach(1, ["text j", "text k"], 20),
      [1000, 0, { type: "slow-link", forMs: 25_000 }],
      [0, 0, { type: "resume" }],
      [20_000, 1, { type: "evict" }],
      [0, 1, { type: "relay-restore", downMs: 100 }],
    ],
    { relay: { patchEntriesMax: 1, catchUpPartsMax: 1 } },
  ),
  scenario(
    "a welcome arrives when another tab was welcomed in a later epoch",
    ["take any welcome"],
    [2, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text a", 1]] }],
      [1000, 0, { type: "steal-sync" }],
      // It says hello as it goes on, and is frozen again before the welcome comes.
      [0, { device: 0, tab: 1 }, { type: "freeze-tab", forMs: 1000 }],
      [1000, { device: 0, tab: 1 }, { type: "freeze-tab", forMs: 6000 }],
      [1000, 0, { type: "relay-restart", downMs: 100 }],
      wait(10_000),
    ],
  ),
  scenario(
    "a checkpoint is planned on a base that another tab's checkpoint replaces meanwhile",
    ["checkpoint without verifying the base"],
    [2, 1],
    [
      [3000, 1, setAtOnce(["text b", "text d", "text f", "text h"], 1)],
      [1000, 0, { type: "checkpoint" }],
      [1000, 1, setAtOnce(["text j"], 1)],
      // One tab plans with the first of two rows, the other with both; then the first one writes.
      [1000, 0, { type: "freeze-tab", forMs: 1000 }],
      [0, 0, { type: "disk-stall", forMs: 10 }],
      [0, 0, { type: "checkpoint" }],
      [0, 0, { type: "freeze-tab", forMs: 4000 }],
      [2000, 1, setAtOnce(["text a", "text h"], 2)],
      [1000, 0, { type: "disk-stall", forMs: 10 }],
      [0, 0, { type: "checkpoint" }],
      [0, 0, { type: "freeze-tab", forMs: 4000 }],
      wait(5000),
    ],
  ),
  scenario(
    "rows that ruled again on what was lost, after a relay was put back, are missed by a tab that knew of the first ruling",
    ["tell once of what is ruled on again"],
    [2, 1, 1],
    [
      [3000, 2, setAtOnce(["text b"], 1)],
      [1000, 2, { type: "relay-backup" }],
      [500, 0, { type: "offline", forMs: 3000 }],
      [100, 0, setAtOnce(["text a"], 2)],
      [500, 1, setAtOnce(["text a"], 3)],
      wait(10_000),
      [100, 0, { type: "freeze-tab", forMs: 40_000 }],
      [0, 0, { type: "offline", forMs: 8000 }],
      [0, 1, { type: "offline", forMs: 12_000 }],
      [0, 2, { type: "relay-restore", downMs: 100 }],
      [4000, 2, setAtOnce(["text a"], 4)],
      [20_000, 0, { type: "checkpoint" }],
      [500, 0, setAtOnce(["text b"], 5)],
      [2500, 0, { type: "checkpoint" }],
      wait(20_000),
    ],
  ),
];
