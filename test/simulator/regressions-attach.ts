/**
 * Plans that failed once, of buckets that are given a relay late.
 */
import type { Regression } from "./regression.ts";

export const attachRegressions: readonly Regression[] = [
  {
    name: "a check on an entry that had ended when the bucket was given a relay, and shows again by a clock put right",
    plan: {
      seed: 515890,
      relay: {
        patchEntriesMax: 6,
        retentionMs: 7776000000,
        sweepMs: 7904,
        sweepEntriesMax: 3,
        turnCommitsMax: 3,
        catchUpPartsMax: 16,
        limits: {},
      },
      devices: [
        { tabs: 1, clockAheadMs: 86400000, channelLoss: 0.1, tailEntries: 26, subject: 1, isAlone: true },
        { tabs: 2, clockAheadMs: 0, channelLoss: 0.5, tailEntries: 39, subject: 2, isAlone: true },
        { tabs: 1, clockAheadMs: 0, channelLoss: 0.1, tailEntries: 32, subject: 1, isAlone: true },
      ],
      operations: [
        { id: 0, afterMs: 111, device: 0, tab: 7, type: "open-tab" },
        { id: 4, afterMs: 758, device: 3, tab: 3, type: "open-tab" },
        { id: 10, afterMs: 1422, device: 3, tab: 0, type: "attach", tabs: 2, diesAfterMs: 0, isForAll: true },
        {
          id: 42,
          afterMs: 5887,
          device: 6,
          tab: 5,
          type: "commit",
          writes: [["set", "brief b", 420, 6351]],
          check: ["brief a"],
        },
        { id: 43, afterMs: 375, device: 6, tab: 1, type: "clock-jump", byMs: 25592 },
        { id: 46, afterMs: 220, device: 0, tab: 4, type: "offline", forMs: 2835 },
        { id: 48, afterMs: 26, device: 6, tab: 5, type: "open-tab" },
        { id: 52, afterMs: 392, device: 1, tab: 0, type: "commit", writes: [["sum", "counter a", 3]] },
        { id: 54, afterMs: 251, device: 4, tab: 1, type: "commit", writes: [["set-number", "number a", 73]] },
        {
          id: 56,
          afterMs: 598,
          device: 1,
          tab: 1,
          type: "commit",
          writes: [
            ["set", "pair a left", 560],
            ["set", "pair a right", 560],
          ],
        },
        { id: 58, afterMs: 352, device: 0, tab: 6, type: "kill-tab" },
        { id: 68, afterMs: 961, device: 3, tab: 7, type: "freeze-tab", forMs: 34655 },
        { id: 72, afterMs: 532, device: 3, tab: 1, type: "close-tab" },
        {
          id: 104,
          afterMs: 3700,
          device: 3,
          tab: 3,
          type: "commit",
          writes: [["set", "brief a", 1040, 16125]],
          check: ["brief b"],
        },
      ],
    },
  },
];
