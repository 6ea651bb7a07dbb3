/**
 * Aimed plans with documents: parts of a catch-up, deletions that others have not heard of, compaction on
 * either side, updates that build on what was refused, and documents that a bucket held before its relay.
 */
import type { Action, Write } from "./actions.ts";
import { scenario, type Scenario, type Step } from "./scenario.ts";

const commit = (...writes: readonly Write[]): Action => ({ type: "commit", writes });

/** Edits of one document, each a commit of its own; the numbers tell one edit from another. */
const edits = (device: number, from: number, count: number, name = "doc a"): readonly Step[] =>
  Array.from({ length: count }, (_, index) => [300, device, commit(["edit", name, from + index * 10])]);

/** Entries behind those of documents, each a commit of its own. */
const texts = [..."abcdef"].map((name, index): Step => [300, 0, commit(["set", `text ${name}`, index])]);

/** So that what is under way comes to its end before every fault is healed. */
const wait = (forMs: number, device = 0): Step => [forMs, device, { type: "settled" }];

/** Both tabs of a device compact at once, again and again, while another device goes on with the document. */
const compactions = (round: number): readonly Step[] => [
  [5, 1, commit(["edit", "doc a", 1000 + round * 10])],
  ...Array.from({ length: 8 }, (_, index): Step => {
    const compact: Action = { type: "compact", document: "doc a" };
    return [index % 2 === 0 ? 5 : 0, { device: 0, tab: index % 2 }, compact];
  }),
];

const attach: Action = { type: "attach", tabs: 1, diesAfterMs: null, isForAll: true };

export const documentScenarios: readonly Scenario[] = [
  scenario(
    "a relay makes one update of many, and a device that knows nothing reads it",
    ["lose an update where the relay compacts", "answer a merge before its update is kept"],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      ...edits(0, 20, 5),
      [1000, 0, { type: "relay-compact", withTurn: false }],
      ...edits(0, 100, 2),
      [1000, 1, { type: "evict" }],
      wait(3000),
    ],
    { relay: { compactionRowsMin: 2 } },
  ),
  scenario(
    "a document grows while the relay makes one update of many, and is made anew while it does so again",
    [
      "lose what was merged while the relay compacts",
      "put what was compacted in the place of another document",
    ],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      ...edits(0, 20, 5),
      [1000, 0, { type: "relay-compact", withTurn: true }],
      [100, 0, commit(["edit", "doc a", 100])],
      ...edits(0, 200, 6),
      [1000, 0, { type: "relay-compact", withTurn: true }],
      [100, 0, commit(["delete", "doc a"], ["edit", "doc a", 300])],
      wait(3000),
    ],
    { relay: { compactionRowsMin: 2, sweepMs: 600_000 } },
  ),
  scenario(
    "a document is deleted and made anew while another device edits the first one offline",
    [
      "take a merge that was made for another document",
      "call a document that is made anew by the number of the first one",
      "keep the updates of a document that was deleted",
      "show a merge in another document",
    ],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      ...edits(0, 20, 2),
      [2000, 1, { type: "offline", forMs: 8000 }],
      ...edits(1, 100, 2),
      [300, 0, commit(["delete", "doc a"])],
      [300, 0, commit(["begin", "doc a", 200])],
      [300, 0, { type: "relay-backup" }],
      wait(15_000),
    ],
  ),
  scenario(
    "a document is deleted while another device edits it offline",
    ["show a merge where its document is gone"],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      [2000, 1, { type: "offline", forMs: 6000 }],
      ...edits(1, 100, 2),
      [300, 0, commit(["delete", "doc a"])],
      wait(10_000),
    ],
  ),
  scenario(
    "a document is begun offline before another device deletes what was there",
    ["let an earlier merge bring back what was deleted"],
    [1, 1],
    [
      [3000, 1, { type: "offline", forMs: 8000 }],
      [100, 1, commit(["begin", "doc a", 10])],
      [1000, 0, commit(["edit", "doc a", 20])],
      [1000, 0, commit(["delete", "doc a"])],
      wait(10_000),
    ],
  ),
  scenario(
    "a device catches up in small parts with a document that grows in each of them",
    [
      "send a document's updates by its latest revision",
      "set aside the last part of a document alone",
      "put a part in the place of the one before",
    ],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      [2000, 1, { type: "offline", forMs: 12_000 }],
      ...edits(0, 20, 3),
      ...texts,
      ...edits(0, 100, 3),
      wait(15_000),
    ],
    { relay: { patchEntriesMax: 1, catchUpPartsMax: 1 } },
  ),
  scenario(
    "a device holds a document in its pages that was deleted and made anew since",
    ["join a part to another document", "show a part without what stands in its page"],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      ...edits(0, 20, 2),
      ...edits(0, 50, 2, "doc b"),
      [2000, 1, { type: "checkpoint" }],
      [1000, 1, { type: "offline", forMs: 6000 }],
      [300, 0, commit(["delete", "doc a"])],
      [300, 0, commit(["begin", "doc a", 200])],
      ...edits(0, 80, 2, "doc b"),
      wait(10_000),
    ],
  ),
  scenario(
    "an update is refused, and its author goes on with the document meanwhile",
    ["take an update whose author's earlier one was refused", "keep a merge that was refused"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [1000, 0, commit(["edit", "doc a", 10])],
      [2000, 1, { type: "offline", forMs: 5000 }],
      [300, 1, { type: "commit", writes: [["edit", "doc a", 20]], check: ["checked a"] }],
      ...edits(1, 30, 4),
      [300, 0, { type: "commit", writes: [["set", "checked a", 2]] }],
      ...edits(0, 100, 1),
      wait(10_000),
    ],
  ),
  scenario(
    "an update is refused, and others of its device build on it and delete what it wrote",
    ["take an update that builds on what is not there"],
    [1, 2],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      // The numbers are of edits to a list, to a text, to the same text, and of one that deletes some of that.
      [1000, 0, commit(["edit", "doc a", 100])],
      [2000, 1, { type: "offline", forMs: 5000 }],
      [300, 1, { type: "commit", writes: [["edit", "doc a", 60]], check: ["checked a"] }],
      [300, { device: 1, tab: 1 }, commit(["edit", "doc a", 90])],
      [300, { device: 1, tab: 1 }, commit(["edit", "doc a", 150])],
      [300, 0, { type: "commit", writes: [["set", "checked a", 2]] }],
      wait(10_000),
    ],
  ),
  scenario(
    "an update is refused, and another one of its device does nothing but delete what it wrote",
    ["take an update that deletes what is not there"],
    [1, 2],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [1000, 0, commit(["edit", "doc a", 100])],
      [2000, 1, { type: "offline", forMs: 5000 }],
      // The numbers are of edits that set a member of a map and delete it again.
      [300, 1, { type: "commit", writes: [["edit", "doc a", 200]], check: ["checked a"] }],
      [300, { device: 1, tab: 1 }, commit(["edit", "doc a", 330])],
      [300, 0, { type: "commit", writes: [["set", "checked a", 2]] }],
      wait(10_000),
    ],
  ),
  scenario(
    "a device follows other prefixes when it was away while a document there grew",
    ["fill in a part without what was filled in before"],
    [1, 1],
    [
      [3000, 1, { type: "follow", prefixes: ["text"] }],
      [1000, 0, commit(["edit", "doc a", 10])],
      ...edits(0, 20, 3),
      [2000, 1, { type: "offline", forMs: 6000 }],
      ...edits(0, 100, 2),
      // What it has already it keeps: so patches bring again what came while it was away.
      [1000, 1, { type: "follow", prefixes: ["doc a", "text"] }],
      wait(10_000),
    ],
  ),
  scenario(
    "a document grows while a device takes what it follows from now on, one entry after the other",
    ["fill in the last of several parts alone"],
    [1, 1],
    [
      [3000, 1, { type: "follow", prefixes: ["brief"] }],
      [1000, 0, commit(["edit", "doc a", 10])],
      ...texts,
      [1000, 1, { type: "slow-link", forMs: 30_000 }],
      [0, 1, { type: "follow", prefixes: [] }],
      ...edits(0, 100, 30).map(([, device, action]): Step => [1000, device, action]),
      wait(10_000),
    ],
    { relay: { patchEntriesMax: 1 } },
  ),
  scenario(
    "a document grows in the patch that hides what was merged into it",
    ["say that a document grew where a merge was refused"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [1000, 0, commit(["edit", "doc a", 10])],
      [2000, 1, { type: "offline", forMs: 5000 }],
      [300, 1, { type: "commit", writes: [["edit", "doc a", 20]], check: ["checked a"] }],
      [300, 0, { type: "commit", writes: [["set", "checked a", 2]] }],
      ...edits(0, 100, 2),
      wait(10_000),
    ],
  ),
  scenario(
    "a disk fails just when a merge is to be stored",
    ["acknowledge a merge before it is stored"],
    [1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      // Not an edit: that reads what stands first, and the read would be what fails.
      [2000, 0, { type: "abort", when: "before", times: 1 }],
      [0, 0, commit(["begin", "doc a", 20])],
      [2000, 0, { type: "abort", when: "commit", times: 1 }],
      [0, 0, commit(["begin", "doc b", 30])],
      wait(5000),
    ],
  ),
  scenario(
    "several updates of a document come in one turn",
    ["send the last update of a turn alone"],
    [1, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      [2000, 0, { type: "offline", forMs: 2000 }],
      ...edits(0, 20, 4),
      wait(10_000),
    ],
  ),
  scenario(
    "a bucket that held a document is given a relay that has one of the same name",
    ["hand a document to a relay as a value", "leave an update behind at the attach"],
    [1, 1],
    [
      [3000, 1, commit(["edit", "doc a", 10])],
      ...edits(0, 100, 3),
      ...edits(0, 200, 3, "doc b"),
      [1000, 0, attach],
      wait(5000),
    ],
    { alone: [0] },
  ),
  scenario(
    "a device keeps a document in fewer bytes while it grows",
    ["lose an update where a device compacts", "put what a device compacted in the place of other updates"],
    [2, 1],
    [
      [3000, 0, commit(["edit", "doc a", 10])],
      ...edits(0, 20, 4),
      ...Array.from({ length: 12 }, (_, index) => compactions(index)).flat(),
      wait(5000),
    ],
  ),
  scenario(
    "a document has as many bytes as the relay takes",
    ["have a document grow over any limit"],
    [1, 1],
    [[3000, 0, commit(["edit", "doc a", 10])], ...edits(0, 20, 8), wait(5000)],
    { relay: { documentBytesMax: 150 } },
  ),
];
