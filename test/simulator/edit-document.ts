/**
 * What an app of a run does with a document that it has open: a few edits drawn at random, to a text, a
 * map with maps in it and a list, as one update. Texts bear no formats: Yjs deletes marks that do nothing
 * when it applies what others did, and which it deletes depends on the order that they came in.
 */
import * as Y from "yjs";
import type { Chance } from "./chance.ts";

/** The edits as one update; `label` tells what they write from all else. */
export const editDocument = (doc: Y.Doc, chance: Chance, label: number): Uint8Array => {
  const updates: Uint8Array[] = [];
  const keep = (update: Uint8Array): void => {
    updates.push(update);
  };
  doc.on("update", keep);
  doc.transact(() => {
    for (let edits = chance.pick([1, 1, 2, 3]); edits > 0; edits--) editOnce(doc, chance, label * 10 + edits);
  });
  // There may have been nothing to be deleted.
  if (updates.length === 0) listOf(doc).push([label]);
  doc.off("update", keep);
  return Y.mergeUpdates(updates);
};

/** What stands in a document of these runs. */
export const contentOf = (doc: Y.Doc): unknown => [
  doc.getText("text").toJSON(),
  doc.getMap("map").toJSON(),
  listOf(doc).toJSON(),
];

const listOf = (doc: Y.Doc): Y.Array<number> => doc.getArray<number>("list");

const editOnce = (doc: Y.Doc, chance: Chance, label: number): void => {
  const name = chance.pick(["a", "b", "c"]);
  const map = doc.getMap<unknown>("map");
  switch (chance.between(0, 7)) {
    case 0:
    case 1:
    case 2:
      return editText(doc.getText("text"), chance, label);
    case 3:
      return void map.set(name, label);
    case 4:
      return map.delete(name);
    case 5:
      return void innerOf(map, name).set(chance.pick(["x", "y"]), label);
    case 6:
      return listOf(doc).insert(chance.between(0, listOf(doc).length), [label, label + 0.5]);
    default: {
      const list = listOf(doc);
      if (list.length > 0) list.delete(chance.between(0, list.length - 1), 1);
    }
  }
};

const editText = (text: Y.Text, chance: Chance, label: number): void => {
  const at = chance.between(0, text.length);
  const isDelete = chance.is(0.3) && at < text.length;
  if (isDelete) text.delete(at, Math.min(text.length - at, chance.between(1, 6)));
  else text.insert(at, `${label.toString(36)} `);
};

/** The map under a name, made anew where there is none. */
const innerOf = (map: Y.Map<unknown>, name: string): Y.Map<unknown> => {
  const known = map.get(name);
  if (known instanceof Y.Map) return known as Y.Map<unknown>;
  const inner = new Y.Map<unknown>();
  map.set(name, inner);
  return inner;
};
