/**
 * Commits of initial sets, which hand a relay what a bucket held before it had one: sets, and merges of the
 * updates of documents. Those of different keys have nothing to do with each other and share commits for economy
 * alone: once the relay has said what it takes, a commit that is over it is divided, so that a set that is too
 * large is refused by itself, and an update that is too large with those behind it that may build on it.
 */
import {
  type Check,
  type CommitLimits,
  type CommitName,
  digestOf,
  findCommitExcess,
  findPartExcess,
  type Mutation,
  mutationBytes,
  nameKey,
  type PackedKey,
} from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";

/** Gathers sets into commits of at most so many, and of so many bytes or one larger set. */
export const gatherSets = (
  sets: readonly Mutation[],
  { mutationsMax, commitBytesMax }: Pick<CommitLimits, "mutationsMax" | "commitBytesMax">,
): readonly (readonly Mutation[])[] => {
  const gathered: Mutation[][] = [];
  let gatheredBytes = 0;
  for (const set of sets) {
    const bytes = mutationBytes(set);
    const last = gathered.at(-1);
    if (last === undefined || last.length >= mutationsMax || gatheredBytes + bytes > commitBytesMax) {
      gathered.push([set]);
      gatheredBytes = bytes;
    } else {
      last.push(set);
      gatheredBytes += bytes;
    }
  }
  return gathered;
};

/**
 * Commits in log order, those of initial sets divided that are over the limits; undefined when none is. The
 * parts take the place and the versionstamp of the whole, so nothing changes in view. Whatever was checked
 * against the whole is checked against the part that has the key.
 */
export const divideInitialSets = (
  commits: readonly TrackedCommit[],
  limits: CommitLimits,
): readonly TrackedCommit[] | undefined => {
  const partByKey = new Map<string, ReadonlyMap<PackedKey, CommitName>>();
  const divided = commits.flatMap((tracked) => {
    if (!isDivisible(tracked, limits)) return [withPremises(tracked, partByKey)];
    const parts = partsOf(tracked, limits);
    const names = parts.flatMap(({ commit }) =>
      commit.mutations.map(({ key }) => [key, commit.name] as const),
    );
    partByKey.set(nameKey(tracked.commit.name), new Map(names));
    return parts;
  });
  return partByKey.size === 0 ? undefined : divided;
};

const isDivisible = ({ state, commit }: TrackedCommit, limits: CommitLimits): boolean =>
  state === "pending" &&
  commit.mutations.length > 1 &&
  commit.mutations.every((one) => "initial" in one && one.initial === true) &&
  (findCommitExcess([], commit.mutations, limits) ?? findPartExcess([], commit.mutations, limits)) !==
    undefined;

/**
 * Their names are derived from that of the whole, so that every tab folds the same, and from the limits: a
 * copy of the device that divides by others has other parts. No other host is called so.
 */
const partsOf = (tracked: TrackedCommit, limits: CommitLimits): readonly TrackedCommit[] => {
  const { commit } = tracked;
  const host = `${commit.name.host}I${commit.name.n}L${limitsDigest(limits)}`;
  const [fitting, oversized]: [Mutation[], Mutation[]] = [[], []];
  const broken = new Set<PackedKey>();
  for (const set of commit.mutations) {
    if (findPartExcess([], [set], limits) !== undefined) broken.add(set.key);
    (broken.has(set.key) ? oversized : fitting).push(set);
  }
  const groups = [...gatherSets(fitting, limits), ...oversized.map((set) => [set])];
  return groups.map((mutations, index): TrackedCommit => {
    const part = index + 1;
    return {
      ...tracked,
      commit: { ...commit, name: { host, n: part }, tag: `${commit.tag}I${part}`, mutations },
    };
  });
};

const limitsDigest = ({ keyBytesMax, valueBytesMax, mutationsMax, commitBytesMax }: CommitLimits): string => {
  const data = [keyBytesMax, valueBytesMax, mutationsMax, commitBytesMax].join(" ");
  return digestOf({ encoding: "json", data }).slice(0, 8);
};

const withPremises = (
  tracked: TrackedCommit,
  partByKey: ReadonlyMap<string, ReadonlyMap<PackedKey, CommitName>>,
): TrackedCommit => {
  let isChanged = false;
  const checks = tracked.commit.checks.map((check): Check => {
    const { key, premise } = check;
    const by = premise.type === "written" ? partByKey.get(nameKey(premise.by))?.get(key) : undefined;
    if (premise.type !== "written" || by === undefined) return check;
    isChanged = true;
    return { key, premise: { ...premise, by } };
  });
  return isChanged ? { ...tracked, commit: { ...tracked.commit, checks } } : tracked;
};
