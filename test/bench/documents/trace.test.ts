// The trace that stands for B4: it has B4's counts, makes sense as a text, and is the same in each run.
// What comes of it in a document is measured, not tested.
import { expect, test } from "vitest";
import { deletesOfTrace, type Edit, editsOf, insertsOfTrace, traceSeed } from "./trace.ts";

test("a trace has the edits of B4, each within the text it is made in", () => {
  let inserts = 0;
  let deletes = 0;
  let outside = 0;
  for (const { position, character } of editsOf(traceSeed)) {
    const length = inserts - deletes;
    if (character.length === 1) inserts++;
    else deletes++;
    const last = character.length === 1 ? length : length - 1;
    if (position < 0 || position > last) outside++;
  }
  expect({ inserts, deletes, outside }).toEqual({
    inserts: insertsOfTrace,
    deletes: deletesOfTrace,
    outside: 0,
  });
  expect(insertsOfTrace - deletesOfTrace).toBe(104_852);
});

test("a seed gives the same trace each time, and another seed another one", () => {
  expect(beginning(1)).toEqual(beginning(1));
  expect(beginning(1)).not.toEqual(beginning(2));
});

function beginning(seed: number): readonly Edit[] {
  const edits = editsOf(seed);
  return Array.from({ length: 1000 }, () => edits.next().value as Edit);
}
