/**
 * Plans that failed once, of documents that are gone and come back.
 */
import type { Regression } from "./regression.ts";

export const documentRegressions: readonly Regression[] = [
  {
    name: "merges out of sight come back with their document behind one that was begun anew",
    plan: {
      seed: 700992,
      relay: {
        patchEntriesMax: 4,
        retentionMs: 7776000000,
        sweepMs: 1656,
        sweepEntriesMax: 7,
        turnCommitsMax: 1,
        catchUpPartsMax: 5,
        limits: {},
      },
      devices: [
        { tabs: 1, clockAheadMs: 86400000, channelLoss: 0.1, tailEntries: 21, subject: 2 },
        { tabs: 1, clockAheadMs: -3350, channelLoss: 0.5, tailEntries: 20, subject: 1 },
      ],
      operations: [
        { id: 1, afterMs: 122, device: 2, tab: 1, type: "commit", writes: [["set", "mixed a", 10]] },
        { id: 3, afterMs: 4, device: 6, tab: 4, type: "commit", writes: [["delete", "brief a"]] },
        {
          id: 8,
          afterMs: 745,
          device: 5,
          tab: 2,
          type: "commit",
          writes: [
            ["sum", "counter a", 7],
            ["edit", "doc a", 80],
          ],
        },
        {
          id: 9,
          afterMs: 3,
          device: 1,
          tab: 0,
          type: "commit",
          writes: [["set", "checked b", 90]],
          check: ["checked b"],
        },
        {
          id: 10,
          afterMs: 85,
          device: 2,
          tab: 3,
          type: "commit",
          writes: [["edit", "doc a", 100]],
          times: 1,
          strong: false,
        },
        {
          id: 42,
          afterMs: 5363,
          device: 6,
          tab: 3,
          type: "commit",
          writes: [
            ["set", "checked b", 420],
            ["sum", "counter a", 3],
          ],
          check: ["checked b", "counter b"],
        },
        {
          id: 43,
          afterMs: 118,
          device: 3,
          tab: 7,
          type: "commit",
          writes: [["delete", "doc a"]],
          check: ["doc a"],
        },
        {
          id: 49,
          afterMs: 1200,
          device: 1,
          tab: 7,
          type: "relay-limits",
          downMs: 283,
          limits: { pushCommitsMax: 2 },
        },
        { id: 62, afterMs: 1736, device: 3, tab: 2, type: "relay-restore", downMs: 1500 },
        {
          id: 68,
          afterMs: 780,
          device: 4,
          tab: 3,
          type: "commit",
          writes: [
            ["edit", "doc a", 680],
            ["set", "text a", 680],
          ],
        },
        { id: 69, afterMs: 71, device: 6, tab: 2, type: "close-tab" },
        { id: 71, afterMs: 161, device: 2, tab: 3, type: "commit", writes: [["sum", "counter a", 4]] },
        { id: 74, afterMs: 525, device: 3, tab: 4, type: "open-tab" },
      ],
    },
  },
  {
    name: "two merges of one commit lose together, and their key is told once",
    plan: {
      seed: 701564,
      relay: {
        patchEntriesMax: 11,
        retentionMs: 7776000000,
        sweepMs: 6429,
        sweepEntriesMax: 5,
        turnCommitsMax: 100,
        catchUpPartsMax: 7,
        limits: { checksMax: 1, pushCommitsMax: 1, pushBytesMax: 64 },
        compactionRowsMin: 3,
      },
      devices: [
        { tabs: 1, clockAheadMs: 2311, channelLoss: 0.5, tailEntries: 8, subject: 2 },
        { tabs: 1, clockAheadMs: 0, channelLoss: 0.1, tailEntries: 30, subject: 0 },
      ],
      operations: [
        { id: 77, afterMs: 10125, device: 3, tab: 2, type: "pause" },
        { id: 79, afterMs: 390, device: 2, tab: 7, type: "clone" },
        { id: 86, afterMs: 1454, device: 0, tab: 2, type: "commit", writes: [["begin", "doc b", 860]] },
        {
          id: 87,
          afterMs: 235,
          device: 1,
          tab: 6,
          type: "commit",
          writes: [
            ["delete", "doc b"],
            ["edit", "doc b", 870],
          ],
        },
        { id: 106, afterMs: 2349, device: 5, tab: 6, type: "half-open-link" },
        {
          id: 160,
          afterMs: 8106,
          device: 2,
          tab: 4,
          type: "commit",
          writes: [
            ["edit", "doc b", 1600],
            ["edit", "doc b", 1605],
          ],
        },
        { id: 163, afterMs: 106, device: 2, tab: 2, type: "settled" },
      ],
    },
  },
];
