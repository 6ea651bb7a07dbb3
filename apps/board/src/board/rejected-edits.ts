/**
 * What the relay refused, in a person's words: for each rejected group whose it is, why, and "mine" beside
 * "theirs". Pure, except for the two decisions at the end. Two kinds of groups need no decision: the sample
 * laid out a second time, and edits whose outcome stands on the board anyway.
 */
import type { Kv, RejectedCommit, RejectedGroup, RejectedMutation } from "rockpool";
import {
  isCardValue,
  isCount,
  isDocument,
  isListValue,
  isPlace,
  listKey,
  seededKey,
  subjectOf,
} from "./board-keys.ts";
import { keyName, type Entries } from "./board-state.ts";

/** One refused mutation. */
export interface RejectedEdit {
  readonly what: string;
  readonly mine: string;
  readonly theirs: string;
}

export interface RejectedQuestion {
  /** The group's id: what `keepMine` and `keepTheirs` decide on. */
  readonly id: string;
  readonly reason: string;
  readonly edits: readonly RejectedEdit[];
}

/** The question a group puts to its author; undefined when there is nothing to decide. */
export const questionOf = (group: RejectedGroup, entries: Entries): RejectedQuestion | undefined => {
  const commits = group.commits.filter((commit) => !isSample(commit));
  const edits = withoutRepeatedMerges(commits.flatMap((commit) => commit.mutations))
    .filter((mutation) => !isSame(mutation))
    .map((mutation) => editOf(mutation, entries));
  const [first] = commits;
  return first === undefined || edits.length === 0
    ? undefined
    : { id: group.id, reason: reasonOf(first), edits };
};

/**
 * Writes a group's edits again over what is in view now. The commits that built on a sample laid out in vain are
 * written without it: a retry of the group would lay it out over what others have done since.
 */
export const keepMine = async (kv: Kv, group: RejectedGroup): Promise<void> => {
  if (!group.commits.some(isSample)) return kv.sync.retry(group.id);
  const operation = kv.atomic();
  const mutations = group.commits.filter((commit) => !isSample(commit)).flatMap((commit) => commit.mutations);
  for (const { key, theirs } of latestByKey(mutations)) {
    operation.check({ key, versionstamp: theirs.versionstamp });
  }
  for (const { type, key, mine } of mutations) {
    if (type === "delete") operation.delete(key);
    else if (type === "set") operation.set(key, mine);
    else if (type === "merge") {
      for (const update of isDocument(mine) ? mine.updates : []) operation.merge(key, update);
    } else if (isCount(mine)) operation[type](key, mine.value);
    else if (typeof mine === "bigint") operation[type](key, mine);
  }
  if ((await operation.commit()).ok) await kv.sync.discard(group.id);
};

/** Forgets a group's edits: the board stays as it is. */
export const keepTheirs = (kv: Kv, group: RejectedGroup): Promise<void> => kv.sync.discard(group.id);

/** Writing a note is many merges; it is asked about once. */
const withoutRepeatedMerges = (mutations: readonly RejectedMutation[]): readonly RejectedMutation[] => {
  const mergedKeys = new Set<string>();
  return mutations.filter(({ type, key }) => {
    const isRepeated = type === "merge" && mergedKeys.has(keyName(key));
    if (type === "merge") mergedKeys.add(keyName(key));
    return !isRepeated;
  });
};

const isSample = ({ mutations }: RejectedCommit): boolean =>
  mutations.some(({ key }) => keyName(key) === keyName(seededKey));

const isSame = ({ type, mine, theirs }: RejectedMutation): boolean =>
  type === "delete" ? theirs.versionstamp === null : type === "set" && isEqual(mine, theirs.value);

/** Whether two values of the board are the same; what is no value of the board never is. */
const isEqual = (a: unknown, b: unknown): boolean => {
  const text = textOfMembers(a);
  return text !== undefined && text === textOfMembers(b);
};

const textOfMembers = (value: unknown): string | undefined =>
  isPlace(value) || isListValue(value) || isCardValue(value)
    ? JSON.stringify(Object.entries(value).toSorted())
    : undefined;

const latestByKey = (mutations: readonly RejectedMutation[]): Iterable<RejectedMutation> =>
  new Map(mutations.map((mutation) => [keyName(mutation.key), mutation])).values();

const whatOf = ({ key }: RejectedMutation): string => {
  const subject = subjectOf(key);
  const nameByType = {
    list: "List",
    card: "Card",
    place: "Place of a card",
    cheers: "Cheers",
    note: "Note of a card",
    board: "Board",
  };
  return subject === undefined ? "Entry" : nameByType[subject.type];
};

const editOf = (mutation: RejectedMutation, entries: Entries): RejectedEdit => {
  const { type, mine, theirs } = mutation;
  if (type === "merge") {
    const without = theirs.versionstamp === null ? "Deleted" : "The note without it";
    return { what: whatOf(mutation), mine: "What you wrote", theirs: without };
  }
  return {
    what: whatOf(mutation),
    mine: (type === "delete" ? "Deleted" : textOf(mine, type, entries)) + labelBeside(mine, theirs.value),
    theirs:
      (theirs.versionstamp === null ? "Deleted" : textOf(theirs.value, type, entries)) +
      labelBeside(theirs.value, mine),
  };
};

/** A card's label in words, where the other side has another one. */
const labelBeside = (value: unknown, other: unknown): string =>
  isCardValue(value) && isCardValue(other) && value.label !== other.label
    ? ` (${value.label ?? "no"} label)`
    : "";

const textOf = (value: unknown, type: RejectedMutation["type"], entries: Entries): string => {
  if (isCardValue(value)) return value.title;
  if (isListValue(value)) return value.title;
  if (isPlace(value)) {
    const list = entries.get(keyName(listKey(value.listId)))?.value;
    return isListValue(list) ? `In “${list.title}”` : "In a list that is gone";
  }
  if (isDocument(value)) return "A note";
  const count = isCount(value) ? value.value : value;
  return type === "sum" ? `${String(count)} cheers` : String(count);
};

const reasonOf = ({ reason }: RejectedCommit): string => {
  switch (reason.type) {
    case "check":
      return "Somebody else changed it before your edit arrived.";
    case "permission":
    case "limit":
      return reason.message;
    case "too-old":
      return "Your edit is older than the board keeps its deletions.";
    case "unknown":
      return "The relay no longer knows whether it took this edit. Keeping yours may apply it twice.";
    case "type":
      return "The entry is of another kind now.";
    case "missing":
      return "It builds on an edit that was refused.";
  }
};
