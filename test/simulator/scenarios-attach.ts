/**
 * Aimed plans in which a bucket that was used without a relay is given one.
 */
import type { Action, Write } from "./actions.ts";
import { scenario, type Scenario, type Step } from "./scenario.ts";

const set = (device: number, ...writes: readonly Write[]): Step => [300, device, { type: "commit", writes }];

const attach: Action = { type: "attach", tabs: 1, diesAfterMs: null, isForAll: true };

const filled: readonly Step[] = [
  set(0, ["set", "text a", 1]),
  set(0, ["set", "text b", 2], ["set", "text c", 3]),
  set(0, ["sum", "counter a", 4]),
  set(0, ["sum", "counter a", 5], ["set-number", "number a", 6]),
];

export const attachScenarios: readonly Scenario[] = [
  scenario(
    "a tab without a relay checks what another has changed since it looked",
    ["let any check hold without a relay"],
    [2, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [
        100,
        { device: 0, tab: 1 },
        { type: "commit", writes: [["set", "checked a", 2]], check: ["checked a"], strong: false },
      ],
      [1000, 0, attach],
    ],
    { alone: [0], channelLoss: 1 },
  ),
  scenario(
    "a tab without a relay adds to a counter several times at once",
    ["leave out what came before in a group"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["sum", "counter a", 1]] }],
      [0, 0, { type: "commit", writes: [["sum", "counter a", 2]] }],
      [0, 0, { type: "commit", writes: [["sum", "counter a", 3]] }],
      [1000, 0, attach],
    ],
    { alone: [0] },
  ),
  scenario(
    "two tabs give a bucket its relay at once",
    ["attach twice", "leave an entry behind at the attach"],
    [1, 1],
    [...filled, [1000, 0, { type: "attach", tabs: 2, diesAfterMs: null, isForAll: true }]],
    { alone: [0] },
  ),
  scenario(
    "the first tab with the relay ends while it opens, and another one takes its place",
    [],
    [1, 1],
    [
      ...filled,
      [1000, 0, { type: "attach", tabs: 1, diesAfterMs: 4, isForAll: false }],
      [1000, 0, { type: "abort", when: "after", times: 1 }],
      [0, 0, attach],
      [1000, 0, attach],
    ],
    { alone: [0] },
  ),
  scenario(
    "an entry ends before its bucket is given a relay",
    ["hand over what has ended"],
    [1, 1],
    [
      ...filled,
      set(0, ["set", "brief a", 7, 60_000]),
      // Before anybody has swept it.
      [1000, 0, { type: "clock-jump", byMs: 61_000 }],
      [0, 0, attach],
    ],
    { alone: [0] },
  ),
  scenario(
    "the relay knows of an entry and of a deletion under keys that a bucket held before",
    [
      "let what was there before the relay replace an entry",
      "let what was there before the relay replace a deletion",
    ],
    [1, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text a", 11]] }],
      set(1, ["set", "text b", 12]),
      set(1, ["delete", "text b"]),
      ...filled,
      [1000, 0, attach],
    ],
    { alone: [0] },
  ),
  scenario(
    "a relay takes less in one commit than a bucket held before",
    ["divide no initial sets", "leave a set out of the parts", "keep what was there before the relay"],
    [1, 1],
    [...filled, set(0, ["set", "text a", 123_456]), [1000, 0, attach]],
    { alone: [0], relay: { limits: { mutationsMax: 2, valueBytesMax: 5 } } },
  ),
  scenario(
    "two copies of a device divide what they held by other limits, and one of them is lost midway",
    ["name parts alike whatever divides them"],
    [1, 1],
    [
      ...filled,
      [1000, 0, { type: "offline", forMs: 5000 }],
      [500, 0, attach],
      [1000, 0, { type: "clone" }],
      [0, 2, { type: "offline", forMs: 90_000 }],
      [0, 0, { type: "relay-dies-after-turn", downMs: 30_000 }],
      [20_000, 0, { type: "evict" }],
      [0, 0, { type: "relay-limits", downMs: 0, limits: { mutationsMax: 2 } }],
    ],
    { alone: [0], relay: { turnCommitsMax: 1, limits: { mutationsMax: 1, pushCommitsMax: 1 } } },
  ),
];
