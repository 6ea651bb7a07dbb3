/**
 * Evaluating local commits: a group of requests becomes one row, each judged in order, seeing those
 * before it. What the row records are outcomes: premises for what the checks saw, and what the
 * mutations came to where no relay will rule on them.
 */
import {
  commitBytes,
  type CommitName,
  digestOf,
  findCommitExcess,
  findPartExcess,
  groupBytesMax,
  type HostId,
  isInScope,
  isPurge,
  isUnfinishedKey,
  type Mutation,
  type PackedKey,
  pendingBytesMax,
  type Premise,
  type Check,
  type Versionstamp,
} from "@rockpool/model";
import type { CommitRecord, CommitRow, Effect } from "@rockpool/log";
import { limitsOf, scopeOf } from "./allowed.ts";
import type { Pages } from "./page-index.ts";
import { premiseOf } from "./premise.ts";
import type { ReplicaState } from "./state.ts";
import { type Content, type EntryView, isPresent, mutate, viewOf } from "./view.ts";

/** What an app asks to be committed. */
export interface CommitRequest {
  /** The versionstamps that must stand; null: no entry. */
  readonly checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
  readonly mutations: readonly Mutation[];
  /** Each set and delete is checked by the relay against the entry in view here when it is evaluated. */
  readonly byRevision?: boolean;
  /** Its caller waits for the ruling. */
  readonly awaited?: boolean;
}

/**
 * - `committed` at a place in the row. - `failed`: the indexes of the checks that do not hold.
 * - `type`: a sum, min or max over a value that is no u64. - `full`: too much waits for the relay.
 * - `versionstamped`: a key waits for its commit's versionstamp, which no other device would share.
 * - `excess`: over a limit of the relay, which the message names with the remedy.
 * - `outside`: a check, sum, min or max on a key whose entry is not here: not followed, or not filled yet.
 */
export type CommitOutcome =
  | { readonly type: "committed"; readonly place: number }
  | { readonly type: "failed"; readonly checks: readonly number[] }
  | { readonly type: "type"; readonly mutation: Mutation }
  | { readonly type: "full"; readonly pendingBytes: number }
  | { readonly type: "versionstamped" }
  | { readonly type: "excess"; readonly message: string }
  | { readonly type: "outside"; readonly key: PackedKey };

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
    const outcome = evaluate(draft, request, checked, commits.length);
    if (outcome.type === "committed") {
      const commit = record(draft, request, checked, author);
      commits.push(commit);
      // A later member of the group sees this one; the last has nobody after it.
      if (requests.length > 1) draft.add(request.mutations, commit.name);
    }
    return outcome;
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

const evaluate = (
  draft: Draft,
  request: CommitRequest,
  checked: readonly PackedKey[],
  place: number,
): CommitOutcome => {
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
  const misfit = draft.findMisfit(request.mutations);
  if (misfit !== undefined) return { type: "type", mutation: misfit };
  if (!draft.fits(request.mutations)) return { type: "full", pendingBytes: draft.state.pendingBytes };
  return { type: "committed", place };
};

/** What the relay would refuse for its size, or could only judge without this device having seen it. */
const refusal = (
  state: ReplicaState,
  checked: readonly PackedKey[],
  mutations: readonly Mutation[],
): CommitOutcome | undefined => {
  const limits = limitsOf(state);
  const checks = checked.map((key) => ({ key }));
  const excess = findCommitExcess(checks, mutations, limits) ?? findPartExcess(checks, mutations, limits);
  if (excess !== undefined) return { type: "excess", message: excess };
  const scope = scopeOf(state);
  const isOutside = (key: PackedKey): boolean => !isInScope(scope, key);
  const combines = ({ type, key }: Mutation): boolean =>
    type !== "set" && type !== "delete" && isOutside(key);
  const outside = checked.find(isOutside) ?? mutations.find(combines)?.key;
  return outside === undefined ? undefined : { type: "outside", key: outside };
};

const record = (
  draft: Draft,
  { mutations, awaited = false }: CommitRequest,
  checked: readonly PackedKey[],
  author: CommitAuthor,
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

/** The state with the group's earlier members on top, before any of them has a position. */
class Draft {
  readonly state: ReplicaState;
  readonly #pages: Pages;
  readonly #nowMs: number;
  /** What the earlier members leave under the keys they change, and the last of them to do so. */
  readonly #contentByKey = new Map<PackedKey, Content>();
  readonly #writerByKey = new Map<PackedKey, CommitName>();
  #bytes = 0;

  constructor(state: ReplicaState, pages: Pages, nowMs: number) {
    this.state = state;
    this.#pages = pages;
    this.#nowMs = nowMs;
  }

  add(mutations: readonly Mutation[], name: CommitName): void {
    this.#apply(this.#contentByKey, mutations);
    for (const { key } of mutations) this.#writerByKey.set(key, name);
  }

  /** Nobody knows a versionstamp of the group's own members yet, so only absence can hold on their keys. */
  holds(key: PackedKey, versionstamp: Versionstamp | null): boolean {
    const present = isPresent(this.#content(key), this.#nowMs);
    if (versionstamp === null || !present) return versionstamp === null && !present;
    return !this.#contentByKey.has(key) && this.#view(key).versionstamp === versionstamp;
  }

  /** What a check that holds says its writer saw. */
  premise(key: PackedKey): Premise {
    const by = this.#writerByKey.get(key);
    if (by === undefined) return premiseOf(this.state, this.#pages, key, this.#nowMs);
    const content = this.#content(key);
    if (!isPresent(content, this.#nowMs)) return { type: "absent" };
    return { type: "written", by, digest: digestOf(content.value) };
  }

  /** The first sum, min or max that meets a value that is no u64. */
  findMisfit(mutations: readonly Mutation[]): Mutation | undefined {
    if (mutations.every(({ type }) => type === "set" || type === "delete")) return undefined;
    return this.#apply(new Map(), mutations);
  }

  /** What mutations come to, the last state of each key. */
  effects(mutations: readonly Mutation[]): readonly Effect[] {
    const contents = new Map<PackedKey, Content>();
    this.#apply(contents, mutations);
    const purged = new Set(mutations.filter(isPurge).map(({ key }) => key));
    return Array.from(contents, ([key, content]) => toEffect(key, content, purged.has(key)));
  }

  fits(mutations: readonly Mutation[]): boolean {
    if (this.state.replica === null) return true;
    const bytes = commitBytes([], mutations);
    // One group may overshoot: the bound is on what is pending, and exact to within a group.
    const fits = this.state.pendingBytes + this.#bytes + bytes <= pendingBytesMax + groupBytesMax;
    if (fits) this.#bytes += bytes;
    return fits;
  }

  /** Applies mutations in order to what they leave, by key; stops at one that cannot be applied. */
  #apply(contents: Map<PackedKey, Content>, mutations: readonly Mutation[]): Mutation | undefined {
    for (const mutation of mutations) {
      const content = mutate(this.#before(contents, mutation), mutation, this.#nowMs);
      if (content === undefined) return mutation;
      contents.set(mutation.key, content);
    }
    return undefined;
  }

  #before(contents: ReadonlyMap<PackedKey, Content>, mutation: Mutation): Content {
    const before = contents.get(mutation.key);
    if (before !== undefined) return before;
    // A set or delete does not ask what stood there, so its page need not be read.
    return mutation.type === "set" || mutation.type === "delete" ? nothing : this.#content(mutation.key);
  }

  #content(key: PackedKey): Content {
    return this.#contentByKey.get(key) ?? this.#view(key);
  }

  #view(key: PackedKey): EntryView {
    return viewOf(this.state, this.#pages, key);
  }
}

const nothing: Content = { value: undefined, expireAt: undefined };

const toEffect = (key: PackedKey, { value, expireAt }: Content, isPurged: boolean): Effect => ({
  key,
  ...(value === undefined ? {} : { value }),
  ...(expireAt === undefined ? {} : { expireAt }),
  ...(isPurged ? { purged: true } : {}),
});
