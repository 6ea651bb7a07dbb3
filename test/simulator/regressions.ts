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
];
