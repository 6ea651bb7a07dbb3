/**
 * What a group of commits makes of a state while it is evaluated: what each member sees, whether its mutations
 * can be applied, and what they come to.
 */
import {
  type AskedMutation,
  assert,
  commitBytes,
  commitLimits,
  type CommitName,
  digestOf,
  documentBytes,
  findDocumentExcess,
  findPartExcess,
  groupBytesMax,
  isPurge,
  type Mutation,
  type PackedKey,
  pendingBytesMax,
  type Premise,
  updateLog,
  type Versionstamp,
} from "@rockpool/model";
import type { Effect } from "@rockpool/log";
import type { Pages } from "./page-index.ts";
import { premiseOf } from "./premise.ts";
import type { ReplicaState } from "./state.ts";
import { type Content, type EntryView, isPresent, mutate, viewOf } from "./view.ts";

/** What of a request is to be kept. */
export interface Fit {
  readonly type: "fits";
  /** Each merge with the incarnation of the document that it goes into. */
  readonly mutations: readonly Mutation[];
}

/** Why mutations cannot be applied to what stands. The outcomes of `evaluateGroup` say what each means. */
export type Misfit =
  | { readonly type: "type"; readonly mutation: AskedMutation }
  | { readonly type: "excess"; readonly message: string }
  | { readonly type: "replaced"; readonly key: PackedKey };

/** The state with the group's earlier members on top, before any of them has a position. */
export class Draft {
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

  /** What is to be kept of mutations, each applied to what those before it leave; or why one cannot be. */
  fit(asked: readonly AskedMutation[]): Fit | Misfit {
    if (asked.every(isOverwrite)) return { type: "fits", mutations: asked };
    const contents = new Map<PackedKey, Content>();
    const mutations: Mutation[] = [];
    for (const one of asked) {
      const before = this.#before(contents, one);
      const mutation = one.type === "merge" ? this.#mergeInto(before, one) : one;
      if (mutation === undefined) return { type: "replaced", key: one.key };
      const content = mutate(before, mutation, this.#nowMs);
      if (content === undefined) return { type: "type", mutation };
      const excess = one.type === "merge" ? mergeExcess(one, content) : undefined;
      if (excess !== undefined) return { type: "excess", message: excess };
      contents.set(one.key, content);
      mutations.push(mutation);
    }
    return { type: "fits", mutations };
  }

  /** A merge with the incarnation of what stands; undefined when that is not what it was made for. */
  #mergeInto(before: Content, merge: AskedMerge): Mutation | undefined {
    const value = isPresent(before, this.#nowMs) ? before.value : undefined;
    const incarnation = value?.encoding === "document" ? value.incarnation : null;
    const asked = merge.incarnation ?? null;
    // What waits for the relay has no incarnation yet; without a relay, only what this group makes.
    const mayBeAny = value !== undefined && incarnation === null && this.state.replica !== null;
    if (asked !== null && asked !== incarnation && !mayBeAny) return undefined;
    return { ...merge, incarnation };
  }

  /** What mutations come to, the last state of each key. */
  effects(mutations: readonly Mutation[]): readonly Effect[] {
    const contents = new Map<PackedKey, Content>();
    this.#apply(contents, mutations);
    const purged = new Set(mutations.filter(isPurge).map(({ key }) => key));
    const grown = grownBy(mutations);
    return Array.from(contents, ([key, content]) => {
      const updates = grown.get(key);
      const { value } = this.#content(key);
      if (updates === undefined || value?.encoding !== "document") {
        return toEffect(key, content, purged.has(key));
      }
      // What merges alone did to a document that stood: the updates go behind it. Its bytes are not asked for.
      const { encoding, incarnation } = value;
      return { key, value: { encoding, data: updateLog(updates), incarnation }, appends: true };
    });
  }

  hasRoom(mutations: readonly Mutation[]): boolean {
    if (this.state.replica === null) return true;
    const bytes = commitBytes([], mutations);
    // One group may overshoot: the bound is on what is pending, and exact to within a group.
    const fits = this.state.pendingBytes + this.#bytes + bytes <= pendingBytesMax + groupBytesMax;
    if (fits) this.#bytes += bytes;
    return fits;
  }

  /** Applies mutations in order to what they leave, by key. */
  #apply(contents: Map<PackedKey, Content>, mutations: readonly Mutation[]): void {
    for (const mutation of mutations) {
      const content = mutate(this.#before(contents, mutation), mutation, this.#nowMs);
      assert(content !== undefined, "mutations that fit can be applied");
      contents.set(mutation.key, content);
    }
  }

  #before(contents: ReadonlyMap<PackedKey, Content>, mutation: AskedMutation): Content {
    const before = contents.get(mutation.key);
    if (before !== undefined) return before;
    // It does not ask what stood there, so its page need not be read.
    return isOverwrite(mutation) ? nothing : this.#content(mutation.key);
  }

  #content(key: PackedKey): Content {
    return this.#contentByKey.get(key) ?? this.#view(key);
  }

  #view(key: PackedKey): EntryView {
    return viewOf(this.state, this.#pages, key);
  }
}

type AskedMerge = Extract<AskedMutation, { readonly type: "merge" }>;

/** True for a mutation that does not ask what stood there. */
export const isOverwrite = (
  mutation: AskedMutation,
): mutation is Extract<Mutation, { readonly type: "set" | "delete" }> =>
  mutation.type === "set" || mutation.type === "delete";

/** What a merge has too much of, or the document that it leaves. */
const mergeExcess = (merge: AskedMerge, { value }: Content): string | undefined =>
  findPartExcess([], [merge], commitLimits) ??
  (value?.encoding === "document" ? findDocumentExcess(documentBytes(value)) : undefined);

/** The updates of each key that mutations merge into and do nothing else to. */
const grownBy = (mutations: readonly Mutation[]): ReadonlyMap<PackedKey, readonly Uint8Array[]> => {
  const updatesByKey = new Map<PackedKey, Uint8Array[]>();
  for (const one of mutations) {
    if (one.type !== "merge") continue;
    const updates = updatesByKey.get(one.key);
    if (updates === undefined) updatesByKey.set(one.key, [one.update]);
    else updates.push(one.update);
  }
  for (const { type, key } of mutations) if (type !== "merge") updatesByKey.delete(key);
  return updatesByKey;
};

const nothing: Content = { value: undefined, expireAt: undefined };

const toEffect = (key: PackedKey, { value, expireAt }: Content, isPurged: boolean): Effect => ({
  key,
  ...(value === undefined ? {} : { value }),
  ...(expireAt === undefined ? {} : { expireAt }),
  ...(isPurged ? { purged: true } : {}),
});
