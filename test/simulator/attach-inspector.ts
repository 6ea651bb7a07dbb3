/**
 * Looks at every bucket that was used without a relay and is given one: what it held then waits for the
 * relay, all of it and each entry once, also when the sets are divided because the relay takes less.
 */
import type { AttachRow, PlacedRow } from "@rockpool/log";
import {
  type Commit,
  type CommitLimits,
  type Mutation,
  nameKey,
  type PackedKey,
  type ReplicaId,
  type Value,
} from "@rockpool/model";
import type { ReplicaState } from "@rockpool/replica";
import type { DeviceHistory } from "./device-history.ts";
import { textOfContent } from "./expected-view.ts";
import { isHeldAt } from "./held-alone.ts";
import type { Oracle } from "./oracle.ts";
import { mergedHere } from "./oracle-documents.ts";
import { isOver } from "./oracle-ruling.ts";
import { same, Violation } from "./violation.ts";
import type { SeenCommit } from "./seen.ts";

/** For the report. */
export interface AttachCounts {
  /** Buckets that held something. */
  buckets: number;
  entries: number;
  /** Commits of initial sets that were divided. */
  divided: number;
}

/** The name of a part: what it is a part of, and by which limits. */
const partName = /^(.*)I(\d+)L[0-9a-f]{8}\.\d+$/;

export class AttachInspector {
  readonly counts: AttachCounts = { buckets: 0, entries: 0, divided: 0 };
  readonly #oracle: Oracle;
  /** Keys whose entries came to a relay one by one, whatever they were written with. */
  readonly handedOver: Set<PackedKey> = new Set();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  /** Of a row that `history` has just taken down. @throws Violation */
  look({ at, held }: DeviceHistory, row: PlacedRow): void {
    if (row.type !== "attach" || held.size === 0) return;
    this.counts.buckets++;
    const commits = row.commits ?? [];
    const sets = commits.flatMap(({ mutations }) => mutations);
    const textByKey = textsOf(`${at}, the attach row`, sets);
    // With none, all that was held has ended; by which clock, the row does not say.
    const nowMs = commits[0]?.readingMs ?? Number.POSITIVE_INFINITY;
    for (const [key, entry] of held) {
      const expected = isHeldAt(entry, nowMs) ? textOfContent(entry.value, entry.expireAt) : undefined;
      same(5, `${at}, the attach row`, expected, textByKey.get(key), key);
      if (expected === undefined) continue;
      this.handedOver.add(key);
      this.counts.entries++;
      textByKey.delete(key);
    }
    same(7, `${at}, the attach row`, [], [...textByKey.keys()]);
  }

  /** Takes down the parts that a tab has of a divided commit. @throws Violation */
  lookAtParts(history: DeviceHistory, { tracked, session: { limits } }: ReplicaState): void {
    const partsByWhole = new Map<SeenCommit, SeenCommit[]>();
    for (const [text, { commit, versionstamp, state }] of tracked) {
      const { name, tag, checks, mutations } = commit;
      // What a relay that was put back had ruled on, and what is tried again, was made under other limits.
      const isFirst = !text.includes(":") && !this.#oracle.commitByName.has(text);
      if (limits !== null && state === "pending" && isFirst && isDivisible(commit, limits)) {
        const expected = "no more than the relay takes";
        const at = `${history.at}, commit ${text}`;
        throw new Violation({ invariant: 5, at, expected, found: mutations });
      }
      const whole = history.commitByName.has(text) ? undefined : wholeOf(history, text);
      if (whole === undefined) continue;
      same(6, `${history.at}, part ${text}`, whole.versionstamp, versionstamp);
      const part = { name, tag, checks, mutations, text, versionstamp, isAwaited: false };
      const parts = partsByWhole.get(whole) ?? [];
      parts.push({ ...part, position: whole.position });
      partsByWhole.set(whole, parts);
    }
    for (const [whole, parts] of partsByWhole) {
      const at = `${history.at}, the parts of ${whole.text}`;
      const expected = textsOf(at, whole.mutations);
      const found = textsOf(
        at,
        parts.flatMap(({ mutations }) => mutations),
      );
      for (const key of new Set([...expected.keys(), ...found.keys()])) {
        same(5, at, expected.get(key), found.get(key), key);
      }
      this.counts.divided++;
      history.divide(whole, parts);
    }
  }
}

/**
 * At the end: a key that nobody but the device ever wrote stands at the relay as the device had it, once,
 * unless the relay refused it. @throws Violation
 */
export const seeHandedOver = (oracle: Oracle, history: DeviceHistory): void => {
  const { attached, at } = history;
  if (attached === undefined) return;
  for (const { text, mutation, isOfApp } of handedOverSets(attached, history, oracle)) {
    const { key } = mutation;
    // Others may write into the same document: it is held to what was accepted like any other.
    if (mutation.type === "merge") continue;
    const writers = writersOf(oracle, key);
    const own = writers.filter((writer) => writer.isInitial && writer.replica === attached.replica);
    if (own.length === 0 && !isOfApp) {
      throw new Violation({
        invariant: 5,
        at: `${at}, commit ${text}`,
        key,
        expected: "a ruling",
        found: "none",
      });
    }
    if (own.length !== 1 || writers.length !== 1 || own[0]?.isTaken !== true) continue;
    if (mutation.type !== "set" || mutation.expireAt !== undefined) continue;
    const entry = oracle.latest.get(key);
    const expected = textOfContent(mutation.value, undefined);
    same(5, `${at}, what was attached`, expected, textOfContent(entry?.value, entry?.expireAt), key);
  }
};

interface Writer {
  readonly replica: ReplicaId | undefined;
  readonly isInitial: boolean;
  readonly isTaken: boolean;
}

/** Every mutation of a key that was ruled on. */
const writersOf = ({ history, commitByName, replicaByName }: Oracle, key: PackedKey): readonly Writer[] =>
  [...history.resultByName].flatMap(([name, { ruling }]) =>
    (commitByName.get(name)?.mutations ?? []).flatMap((mutation, index): Writer | readonly Writer[] =>
      mutation.key !== key
        ? []
        : {
            replica: replicaByName.get(name),
            isInitial: isInitial(mutation),
            isTaken: ruling.type === "accepted" && !ruling.superseded.some((lost) => lost.mutation === index),
          },
    ),
  );

const handedOverSets = ({ commits = [] }: AttachRow, history: DeviceHistory, oracle: Oracle) =>
  commits.flatMap(({ name, mutations }) => {
    const text = nameKey(name);
    // What was refused is the app's, also when the relay was put back since.
    const isOfApp = history
      .leavesOf(text)
      .some((leaf) => history.decidedAt.has(leaf) || oracle.hasLostRejection(leaf));
    return mutations.map((mutation) => ({ text, mutation, isOfApp }));
  });

/** Of initial sets, one for each key, and initial merges, as many as a document had updates. */
const textsOf = (at: string, mutations: readonly Mutation[]): Map<PackedKey, string | undefined> => {
  const textByKey = new Map<PackedKey, string | undefined>();
  const documentByKey = new Map<PackedKey, Value>();
  for (const mutation of mutations) {
    const { key } = mutation;
    const document = mutation.type === "merge" ? mergedHere(documentByKey.get(key), mutation) : undefined;
    const isSet = mutation.type === "set" && mutation.value.encoding !== "document";
    if (!isInitial(mutation) || !(isSet ? !textByKey.has(key) : document !== undefined)) {
      throw new Violation({ invariant: 2, at, key, expected: "one initial set, or merges", found: mutation });
    }
    if (document !== undefined) documentByKey.set(key, document);
    textByKey.set(
      key,
      isSet ? textOfContent(mutation.value, mutation.expireAt) : textOfContent(document, undefined),
    );
  }
  return textByKey;
};

/** True for initial sets that share a commit, which is over a limit though each of them might not be. */
const isDivisible = (commit: Commit, limits: CommitLimits): boolean =>
  commit.mutations.length > 1 && commit.mutations.every(isInitial) && isOver(commit, limits);

const isInitial = (mutation: Mutation): boolean => "initial" in mutation && mutation.initial === true;

/** The nearest commit that is known of those a name is of a part of. */
const wholeOf = ({ commitByName }: DeviceHistory, text: string): SeenCommit | undefined => {
  const [, host, n] = partName.exec(text) ?? [];
  if (host === undefined || n === undefined) return undefined;
  const name = `${host}.${n}`;
  return commitByName.get(name) ?? wholeOf({ commitByName } as DeviceHistory, name);
};
