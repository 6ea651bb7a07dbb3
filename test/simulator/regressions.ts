/**
 * Plans that failed once, made small: what `npm run simulate` prints of a failing seed, with a name
 * that says what went wrong. `npm test` runs them all.
 */
import type { Plan } from "./plan.ts";

export interface Regression {
  readonly name: string;
  readonly plan: Plan;
}

export const regressions: readonly Regression[] = [
  {
    name: "a device and its copy both retry a commit: the second to be pushed hears of it by the answer",
    plan: {
      seed: 489,
      relay: { patchEntriesMax: 7, retentionMs: 7776000000 },
      devices: [
        { tabs: 1, clockAheadMs: 0, channelLoss: 0.1, tailEntries: 21 },
        { tabs: 2, clockAheadMs: 0, channelLoss: 0.1, tailEntries: 34 },
      ],
      operations: [
        { id: 25, afterMs: 2766, device: 7, tab: 0, type: "commit", writes: [["set", "mixed a", 250]] },
        { id: 51, afterMs: 3197, device: 1, tab: 2, type: "relay-restart", downMs: 2966 },
        { id: 61, afterMs: 1620, device: 6, tab: 2, type: "evict" },
        { id: 69, afterMs: 721, device: 4, tab: 2, type: "commit", writes: [["set", "text a", 690]] },
        { id: 70, afterMs: 137, device: 6, tab: 2, type: "commit", writes: [["max", "mixed a", 700]] },
        { id: 72, afterMs: 389, device: 6, tab: 6, type: "clone" },
        { id: 177, afterMs: 17944, device: 2, tab: 6, type: "decide", retry: true },
        { id: 195, afterMs: 1420, device: 3, tab: 2, type: "decide", retry: true },
      ],
    },
  },
  {
    name: "a filler ends between what it shows and what no longer holds on that",
    plan: {
      seed: 6311,
      relay: { patchEntriesMax: 6, retentionMs: 7776000000, sweepMs: 6676, sweepEntriesMax: 3 },
      devices: [
        { tabs: 2, clockAheadMs: 2321, channelLoss: 0.1, tailEntries: 24 },
        { tabs: 2, clockAheadMs: 0, channelLoss: 0.1, tailEntries: 10 },
      ],
      operations: [
        { id: 1, afterMs: 137, device: 1, tab: 6, type: "restore-device", lostMs: 55790 },
        {
          id: 2,
          afterMs: 62,
          device: 0,
          tab: 6,
          type: "commit",
          writes: [["set", "checked a", 20]],
          check: ["checked a"],
        },
        { id: 5, afterMs: 263, device: 2, tab: 1, type: "commit", writes: [["sum", "number a", 48]] },
        {
          id: 7,
          afterMs: 462,
          device: 6,
          tab: 6,
          type: "commit",
          writes: [
            ["delete", "checked b"],
            ["sum", "counter b", 3],
          ],
          check: ["checked a", "checked b"],
          strong: false,
        },
        { id: 8, afterMs: 221, device: 5, tab: 5, type: "read", strong: true },
        {
          id: 9,
          afterMs: 441,
          device: 3,
          tab: 6,
          type: "commit",
          writes: [
            ["set", "checked b", 90],
            ["sum", "counter a", 8],
          ],
          check: ["checked b", "counter a"],
        },
        {
          id: 12,
          afterMs: 249,
          device: 2,
          tab: 6,
          type: "commit",
          writes: [["set", "checked a", 120]],
          check: ["checked a"],
          times: 2,
        },
        {
          id: 13,
          afterMs: 97,
          device: 4,
          tab: 2,
          type: "commit",
          writes: [
            ["set", "pair a left", 130],
            ["set", "pair a right", 130],
          ],
        },
        { id: 14, afterMs: 372, device: 2, tab: 6, type: "commit", writes: [["delete", "mixed a"]] },
        {
          id: 15,
          afterMs: 117,
          device: 0,
          tab: 2,
          type: "commit",
          writes: [["set", "checked b", 150]],
          check: ["checked b"],
          times: 2,
        },
        {
          id: 17,
          afterMs: 210,
          device: 3,
          tab: 6,
          type: "commit",
          writes: [
            ["set", "checked a", 170],
            ["sum", "counter b", 9],
          ],
          check: ["checked a"],
          times: 2,
        },
        {
          id: 18,
          afterMs: 188,
          device: 1,
          tab: 5,
          type: "commit",
          writes: [
            ["sum", "counter b", 9],
            ["set", "text c", 180],
          ],
        },
        { id: 19, afterMs: 124, device: 0, tab: 0, type: "commit", writes: [["set", "text a", 190]] },
        {
          id: 20,
          afterMs: 74,
          device: 1,
          tab: 7,
          type: "commit",
          writes: [
            ["sum", "counter a", 5],
            ["set", "text c", 200],
          ],
        },
        {
          id: 21,
          afterMs: 6,
          device: 7,
          tab: 2,
          type: "commit",
          writes: [
            ["set", "pair a left", 210],
            ["set", "pair a right", 210],
          ],
        },
        { id: 22, afterMs: 92, device: 2, tab: 5, type: "clone" },
        {
          id: 24,
          afterMs: 166,
          device: 4,
          tab: 5,
          type: "commit",
          writes: [
            ["set", "pair a left", 240],
            ["set", "pair a right", 240],
          ],
        },
        { id: 26, afterMs: 461, device: 2, tab: 6, type: "commit", writes: [["sum", "counter a", 7]] },
        { id: 27, afterMs: 215, device: 5, tab: 1, type: "commit", writes: [["delete", "mixed a"]] },
        { id: 28, afterMs: 233, device: 4, tab: 0, type: "relay-restore", downMs: 197 },
        { id: 29, afterMs: 156, device: 5, tab: 6, type: "commit", writes: [["delete", "brief a"]] },
        { id: 30, afterMs: 129, device: 2, tab: 4, type: "checkpoint" },
        { id: 31, afterMs: 135, device: 2, tab: 5, type: "read", strong: true },
        { id: 32, afterMs: 143, device: 5, tab: 0, type: "commit", writes: [["set-number", "number a", 17]] },
        { id: 33, afterMs: 75, device: 7, tab: 2, type: "clone" },
      ],
    },
  },
  {
    name: "a copy pushes a commit that was retried twice since: it hears what the last retry came to",
    plan: {
      seed: 3497,
      relay: { patchEntriesMax: 6, retentionMs: 7776000000, sweepMs: 8891, sweepEntriesMax: 10 },
      devices: [
        { tabs: 2, clockAheadMs: 0, channelLoss: 0.1, tailEntries: 18 },
        { tabs: 1, clockAheadMs: -2686, channelLoss: 0.5, tailEntries: 35 },
        { tabs: 2, clockAheadMs: 0, channelLoss: 0.5, tailEntries: 40 },
      ],
      operations: [
        { id: 6, afterMs: 1127, device: 0, tab: 7, type: "offline", forMs: 57806 },
        {
          id: 7,
          afterMs: 137,
          device: 7,
          tab: 0,
          type: "commit",
          writes: [
            ["set", "checked b", 70],
            ["set", "pair a left", 71],
            ["set", "pair a right", 71],
          ],
          check: ["checked b"],
        },
        {
          id: 11,
          afterMs: 67,
          device: 3,
          tab: 6,
          type: "commit",
          writes: [["set", "checked b", 110]],
          check: ["checked a", "checked b"],
        },
        { id: 59, afterMs: 6915, device: 6, tab: 0, type: "clone" },
        { id: 63, afterMs: 782, device: 3, tab: 0, type: "decide", retry: true },
        { id: 83, afterMs: 2606, device: 1, tab: 3, type: "relay-restore", downMs: 1137 },
        { id: 160, afterMs: 12427, device: 7, tab: 3, type: "decide", retry: true },
      ],
    },
  },
];
