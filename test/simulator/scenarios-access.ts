/**
 * Aimed plans about whose a device is and what it may read: tokens that end or are another's, and rights
 * that change under a session.
 */
import type { PlannedAccess } from "./plan.ts";
import { scenario, type Scenario } from "./scenario.ts";

const everything = { read: [], write: [] };

/** Two subjects who may do everything, each with a device. */
const ofTwo: PlannedAccess = { subjects: [everything, everything], lifeMs: null, carriesRights: false };
const options = { access: ofTwo, subjects: [0, 1] };
const shortLived = { ...options, access: { ...ofTwo, lifeMs: 8000 } };

export const accessScenarios: readonly Scenario[] = [
  scenario(
    "an app renews its token by another subject's",
    ["take another subject's token in the midst of a session"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "text a", 1]] }],
      [0, 0, { type: "wrong-token", forMs: 20_000, renews: true }],
      [6000, 0, { type: "commit", writes: [["set", "text b", 2]] }],
      [1000, 0, { type: "commit", writes: [["set", "text c", 3]] }],
    ],
    shortLived,
  ),
  scenario(
    "an app signs in as another subject on a device that has something to send",
    ["send a user's commits under another's subject"],
    [1, 1],
    [
      [3000, 0, { type: "offline", forMs: 3000 }],
      [500, 0, { type: "commit", writes: [["set", "text a", 1]] }],
      [0, 0, { type: "wrong-token", forMs: 10_000, renews: false }],
      [8000, 1, { type: "commit", writes: [["set", "text b", 2]] }],
    ],
    options,
  ),
  scenario(
    "a token ends and the app has no other",
    ["go on when the token has ended"],
    [1, 1],
    [
      [3000, 0, { type: "no-token", forMs: 25_000, renews: true }],
      [9000, 1, { type: "commit", writes: [["set", "text a", 1]] }],
      [1000, 1, { type: "commit", writes: [["set", "text a", 2]] }],
    ],
    shortLived,
  ),
  scenario(
    "rights are narrowed under a session",
    ["go on with a session whose rights changed", "patches ignore the rights of the session"],
    [1, 1],
    [
      [3000, 1, { type: "commit", writes: [["set", "checked a", 1]] }],
      [1000, 0, { type: "change-rights", subject: 0, read: ["text"], write: [] }],
      [3000, 1, { type: "commit", writes: [["set", "checked a", 2]] }],
    ],
    options,
  ),
  scenario(
    "a write loses under a key that its writer may not read",
    ["tell the winner under a key that may not be read"],
    [1, 1],
    [
      [3000, 0, { type: "change-rights", subject: 0, read: ["text"], write: [] }],
      [1000, 0, { type: "offline", forMs: 3000 }],
      [500, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [500, 1, { type: "commit", writes: [["set", "checked a", 2]] }],
    ],
    options,
  ),
  scenario(
    "a check waits while its key becomes unreadable",
    ["check what may not be read"],
    [1, 1],
    [
      [3000, 0, { type: "commit", writes: [["set", "checked a", 1]] }],
      [1000, 0, { type: "offline", forMs: 3000 }],
      [500, 0, { type: "commit", writes: [["set", "text a", 2]], check: ["checked a"] }],
      [500, 0, { type: "change-rights", subject: 0, read: ["text"], write: [] }],
    ],
    options,
  ),
];
