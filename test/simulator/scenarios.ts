/**
 * Aimed plans: what random runs seldom meet, written down. They find nothing in sound code, and catch
 * the planted bugs that are meant for them.
 */
import type { Action } from "./actions.ts";
import type { Operation, Plan, PlannedRelay } from "./plan.ts";

export interface Scenario {
  readonly name: string;
  readonly plan: Plan;
}

/** An action on a device, so many ms after the one before. */
type Step = readonly [afterMs: number, device: number, action: Action];

const relayDefault: PlannedRelay = { patchEntriesMax: 5, retentionMs: 7_776_000_000, sweepMs: 5000 };

const scenario = (
  name: string,
  tabs: readonly number[],
  steps: readonly Step[],
  relay: Partial<PlannedRelay> = {},
): Scenario => ({
  name,
  plan: {
    seed: 1,
    relay: { ...relayDefault, ...relay },
    devices: tabs.map((count) => ({ tabs: count, clockAheadMs: 0, channelLoss: 0, tailEntries: 20 })),
    operations: steps.map(([afterMs, device, action], id): Operation => ({
      id,
      afterMs,
      device,
      tab: 0,
      ...action,
    })),
  },
});

export const scenarios: readonly Scenario[] = [
  scenario(
    "a copy pushes a commit of which the relay, put back since, knows a retry alone",
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
    "a patch of an epoch that is gone arrives late, and follows on the cursor",
    [2, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "text b", 1]] }],
      [1000, 1, { type: "relay-backup" }],
      [500, 1, { type: "commit", writes: [["set", "text b", 2]] }],
      [1000, 0, { type: "freeze-tab", forMs: 12_000 }],
      [100, 1, { type: "commit", writes: [["set", "text a", 3]] }],
      [500, 1, { type: "evict" }],
      [0, 0, { type: "relay-restore", downMs: 0 }],
      [100, 0, { type: "steal-sync" }],
      [500, 1, { type: "open-tab" }],
      [2000, 1, { type: "commit", writes: [["set", "text c", 4]] }],
    ],
  ),
  scenario(
    "a device and its copy both retry what was rejected",
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
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "text a", 1]] }],
      [2000, 1, { type: "offline", forMs: 60_000 }],
      [1000, 0, { type: "commit", writes: [["delete", "text a"]] }],
      [50_000, 0, { type: "commit", writes: [["set", "text b", 2]] }],
    ],
    { retentionMs: 20_000, sweepMs: 1000 },
  ),
];
