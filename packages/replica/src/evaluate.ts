/**
 * Evaluating local commits: a group of requests becomes one row, each judged in order, seeing those
 * before it. What the row records are outcomes: premises for what the checks saw, and what the
 * mutations came to where no relay will rule on them.
 */
import {
  type AskedMutation,
  type Check,
  findCommitExcess,
  findPartExcess,
  type HostId,
  isInScope,
  isUnfinishedKey,
  type Mutation,
  type PackedKey,
  type Versionstamp,
} from "@rockpool/model";
import type { CommitRecord, CommitRow } from "@rockpool/log";
import { limitsOf, scopeOf } from "./allowed.ts";
import { Draft, type Fit, isOverwrite, type Misfit } from "./draft.ts";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";

/** What an app asks to be committed. */
export interface CommitRequest {
  /** The versionstamps that must stand; null: no entry. */
  readonly checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
  readonly mutations: readonly AskedMutation[];
  /** Each set and delete is checked by the relay against the entry in view here when it is evaluated. */
  readonly byRevision?: boolean;
  /** Its caller waits for the ruling. */
  readonly awaited?: boolean;
}

/**
 * - `committed` at a place in the row. - `failed`: the indexes of the checks that do not hold.
 * - `type`: a sum, min or max over a value that is no u64, a merge over one that is no document. - `full`: too much waits for the relay.
 * - `versionstamped`: a key waits for its commit's versionstamp, which no other device would share.
 * - `excess`: over a limit, which the message names with the remedy. - `replaced`: the document that a merge was
 *   made for is gone, or another stands in its place.
 * - `outside`: a check, sum, min or max on a key whose entry is not here: not followed, or not filled yet.
 */
export type CommitOutcome =
  | { readonly type: "committed"; readonly place: number }
  | { readonly type: "failed"; readonly checks: readonly number[] }
  | { readonly type: "full"; readonly pendingBytes: number }
  | { readonly type: "versionstamped" }
  | Misfit
  | { readonly type: "outside"; readonly key: PackedKey };

type Refusal = Exclude<CommitOutcome, { readonly type: "committed" }>;

/** Who commits and when: all that evaluation may not draw itself. */
export interface CommitAuthor {
  readonly host: HostId;
  /** The next number of the host's own count; each record takes one, and none is used twice. */
  readonly takeNumber: () => number;
  readonly drawTag: () => string;
  /** The host's clock, corrected to the relay's, in ms since 1970. */
  readonly readingMs: number;
}

export interface GroupEvaluation {
  /** Undefined when no request was committed. */
  readonly row: CommitRow | undefined;
  /** One for each request, in order. */
  readonly outcomes: readonly CommitOutcome[];
}

/** Judges a group of requests on `state`. Void when `pages` notes something lacking. */
export const evaluateGroup = (
  state: ReplicaState,
  pages: Pages,
  requests: readonly CommitRequest[],
  author: CommitAuthor,
): GroupEvaluation => {
  const draft = new Draft(state, pages, author.readingMs);
  const commits: CommitRecord[] = [];
  const outcomes = requests.map((request): CommitOutcome => {
    const checked = checksFor(state, request);
    const evaluated = evaluate(draft, request, checked);
    if (evaluated.type !== "fits") return evaluated;
    const { mutations } = evaluated;
    const commit = record(draft, mutations, checked, author, request.awaited);
    const place = commits.push(commit) - 1;
    // A later member of the group sees this one; the last has nobody after it.
    if (requests.length > 1) draft.add(mutations, commit.name);
    return { type: "committed", place };
  });
  return { row: commits.length === 0 ? undefined : { type: "commit", commits }, outcomes };
};

/** The keys that the relay is to check: those of the request's own checks first, in their order. */
const checksFor = (
  { replica }: ReplicaState,
  { checks, mutations, byRevision = false }: CommitRequest,
): readonly PackedKey[] => {
  if (replica === null) return [];
  const asked = checks.map(({ key }) => key);
  if (!byRevision) return asked;
  const implied = new Set<PackedKey>();
  for (const { type, key } of mutations) if (type === "set" || type === "delete") implied.add(key);
  for (const key of asked) implied.delete(key);
  return [...asked, ...implied];
};

const evaluate = (draft: Draft, request: CommitRequest, checked: readonly PackedKey[]): Fit | Refusal => {
  const failed = request.checks.flatMap(({ key, versionstamp }, index) =>
    draft.holds(key, versionstamp) ? [] : [index],
  );
  if (failed.length > 0) return { type: "failed", checks: failed };
  const ruledByRelay = draft.state.replica !== null;
  if (ruledByRelay && request.mutations.some(({ key }) => isUnfinishedKey(key))) {
    return { type: "versionstamped" };
  }
  const refused = ruledByRelay ? refusal(draft.state, checked, request.mutations) : undefined;
  if (refused !== undefined) return refused;
  const fit = draft.fit(request.mutations);
  if (fit.type !== "fits") return fit;
  return draft.hasRoom(fit.mutations) ? fit : { type: "full", pendingBytes: draft.state.pendingBytes };
};

/** What the relay would refuse for its size, or could only judge without this device having seen it. */
const refusal = (
  state: ReplicaState,
  checked: readonly PackedKey[],
  mutations: readonly AskedMutation[],
): Refusal | undefined => {
  const limits = limitsOf(state);
  const checks = checked.map((key) => ({ key }));
  const excess = findCommitExcess(checks, mutations, limits) ?? findPartExcess(checks, mutations, limits);
  if (excess !== undefined) return { type: "excess", message: `${excess}: the relay's limit` };
  const scope = scopeOf(state);
  const isOutside = (key: PackedKey): boolean => !isInScope(scope, key);
  const combines = (mutation: AskedMutation): boolean => !isOverwrite(mutation) && isOutside(mutation.key);
  const outside = checked.find(isOutside) ?? mutations.find(combines)?.key;
  return outside === undefined ? undefined : { type: "outside", key: outside };
};

const record = (
  draft: Draft,
  mutations: readonly Mutation[],
  checked: readonly PackedKey[],
  author: CommitAuthor,
  awaited = false,
): CommitRecord => {
  const ruledByRelay = draft.state.replica !== null;
  return {
    name: { host: author.host, n: author.takeNumber() },
    tag: author.drawTag(),
    readingMs: author.readingMs,
    checks: checked.map((key): Check => ({ key, premise: draft.premise(key) })),
    mutations: ruledByRelay ? mutations : [],
    effects: ruledByRelay ? [] : draft.effects(mutations),
    ...(awaited ? { awaited } : {}),
  };
};
