/**
 * Planted bugs in buckets that are used without a relay and handed to one: a part of the list in mutants.ts.
 */
import { mutant, type Mutant } from "./mutant.ts";

export const attachMutants: readonly Mutant[] = [
  {
    name: "attach twice",
    edits: [
      {
        file: "packages/replica/src/attach.ts",
        find: 'if (state.replica !== null) return { type: "attached" };',
        replace: "",
      },
      {
        file: "packages/host/src/sync/attach.ts",
        find: "if (ledger.state.replica !== null) return;",
        replace: "",
      },
    ],
  },
  mutant(
    "leave an entry behind at the attach",
    "replica/src/attach.ts",
    "isPresent(view, author.readingMs)).flatMap(initialSetsOf);",
    "isPresent(view, author.readingMs)).flatMap(initialSetsOf).slice(0, 3);",
  ),
  mutant(
    "hand over what has ended",
    "replica/src/attach.ts",
    "held.filter(({ view }) => isPresent(view, author.readingMs))",
    "held",
  ),
  mutant(
    "keep what was there before the relay",
    "replica/src/fold.ts",
    "  if (commits !== undefined) {\n    state.session.fillDue",
    "  if (commits === null) {\n    state.session.fillDue",
  ),
  mutant(
    "let what was there before the relay replace an entry",
    "relay/src/resolve.ts",
    "mutation.initial === true && before !== undefined;",
    "mutation.initial === true && before !== undefined && before.value === undefined;",
  ),
  mutant(
    "let what was there before the relay replace a deletion",
    "relay/src/resolve.ts",
    "mutation.initial === true && before !== undefined;",
    "mutation.initial === true && before?.value !== undefined;",
  ),
  mutant(
    "divide no initial sets",
    "replica/src/fold-sync.ts",
    "if (divided !== undefined) state.replaceTracked(divided);",
    "",
  ),
  mutant(
    "name parts alike whatever divides them",
    "replica/src/initial-sets.ts",
    'return digestOf({ encoding: "json", data }).slice(0, 8);',
    'return data.slice(0, 0).padEnd(8, "0");',
  ),
  mutant(
    "leave a set out of the parts",
    "replica/src/initial-sets.ts",
    "...oversized.map((set) => [set])];",
    "];",
  ),
  mutant(
    "let any check hold without a relay",
    "replica/src/evaluate.ts",
    "if (failed.length > 0) return",
    "if (failed.length > 0 && draft.state.replica !== null) return",
  ),
  mutant(
    "leave out what came before in a group",
    "replica/src/evaluate.ts",
    "if (requests.length > 1) draft.add(mutations, commit.name);",
    "",
  ),
];
