/**
 * Draws the commits of a run that write to documents: edits alone and in a row, atomic with other keys,
 * checked on those or on the document itself; deletes, documents that are begun anew, and what ends one or
 * is none.
 */
import type { CommitAsked, Write } from "./actions.ts";
import type { Chance } from "./chance.ts";

const documents = ["doc a", "doc b"];

export const documentNames: readonly string[] = documents;

/** `value` is of this operation alone, and so are the nine after it. */
export const drawDocumentCommit = (chance: Chance, value: number): CommitAsked => {
  const name = chance.pick(documents);
  const edit: Write = ["edit", name, value];
  const strong = chance.is(0.15) ? { strong: false } : {};
  switch (chance.between(0, 14)) {
    case 0:
      return { writes: [edit, ["edit", chance.pick(documents), value + 5]], ...strong };
    case 1:
      return { writes: [edit, ["set", chance.pick(["text a", "text b"]), value]], ...strong };
    case 2:
      return { writes: [["sum", "counter a", chance.between(1, 9)], edit] };
    case 3: {
      const key = chance.pick(["checked a", "checked b"]);
      return { writes: [edit, ["set", key, value]], check: [key], ...strong };
    }
    case 4:
      return { writes: [edit], check: [chance.is(0.6) ? name : "checked a"], ...strong };
    case 5:
      return { writes: [["delete", name]], ...(chance.is(0.3) ? { check: [name] } : {}) };
    case 6:
      return { writes: [["delete", name], edit] };
    case 7:
    case 8:
      return { writes: [["begin", name, value]], ...(chance.is(0.3) ? { check: [name] } : {}) };
    case 9:
      return { writes: [endOf(chance, name, value)] };
    default:
      return { writes: [edit], times: chance.between(1, 3), ...strong };
  }
};

/** What takes the place of a document, and what the relay refuses. */
const endOf = (chance: Chance, name: string, value: number): Write =>
  chance.pick<Write>([
    ["set", name, value],
    ["sum", name, 1],
    ["scribble", name, value],
  ]);
