/**
 * Random edits of every shared type, and what a reader sees of a document, for tests of what documents come
 * to. The roots are always the same: a text, a map, an array and an XML fragment.
 */
import * as Y from "yjs";

/** Draws from [0, 1). */
export type Random = () => number;

/** The roots of the documents that {@link editAtRandom} edits. */
export interface Roots {
  readonly text: Y.Text;
  readonly map: Y.Map<unknown>;
  readonly list: Y.Array<unknown>;
  readonly xml: Y.XmlFragment;
}

export const rootsOf = (doc: Y.Doc): Roots => ({
  text: doc.getText("text"),
  map: doc.getMap("map"),
  list: doc.getArray("list"),
  xml: doc.getXmlFragment("xml"),
});

/** All that a reader sees. */
export const contentOf = (doc: Y.Doc): unknown => {
  const { text, map, list, xml } = rootsOf(doc);
  return { text: text.toDelta(), map: seen(map), list: seen(list), xml: seen(xml) };
};

/** One edit of a few steps, in one transaction. */
export const editAtRandom = (doc: Y.Doc, random: Random): void => {
  doc.transact(() => {
    for (let steps = 1 + below(random, 3); steps > 0; steps--) {
      const { text, map, list, xml } = rootsOf(doc);
      editType([text, map, list, xml][below(random, 4)] as Y.AbstractType<unknown>, random, 3);
    }
  });
};

const below = (random: Random, count: number): number => Math.floor(random() * count);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T;

const words = ["a", "bc", "déf", "貝", "\n", "rock pool "];
const marks = [{ bold: true }, { bold: null }, { color: "red" }, { color: "blue" }, { color: null }];
const names = ["one", "two", "three"];

const seen = (value: unknown): unknown => {
  if (value instanceof Y.XmlElement) {
    return { name: value.nodeName, attributes: value.getAttributes(), children: value.toArray().map(seen) };
  }
  if (value instanceof Y.XmlFragment) return value.toArray().map(seen);
  if (value instanceof Y.Text) return value.toDelta() as unknown;
  if (value instanceof Y.Array) return value.toArray().map(seen);
  if (value instanceof Y.Map) {
    const entries = [...(value as Y.Map<unknown>).entries()];
    return Object.fromEntries(
      entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, seen(one)]),
    );
  }
  return value;
};

/** Goes down into nested types at times, `depth` levels at most. */
const editType = (type: Y.AbstractType<unknown>, random: Random, depth: number): void => {
  const nested = depth > 0 && random() < 0.5 ? pick(random, nestedIn(type)) : undefined;
  if (nested !== undefined) editType(nested, random, depth - 1);
  else if (type instanceof Y.XmlElement || type instanceof Y.XmlFragment) editXml(type, random);
  else if (type instanceof Y.Text) editText(type, random);
  else if (type instanceof Y.Array) editArray(type, random);
  else if (type instanceof Y.Map) editMap(type, random);
};

const nestedIn = (type: Y.AbstractType<unknown>): readonly Y.AbstractType<unknown>[] => {
  const children =
    type instanceof Y.Array || type instanceof Y.XmlFragment
      ? type.toArray()
      : type instanceof Y.Map
        ? [...(type as Y.Map<unknown>).values()]
        : [];
  return children.filter((child): child is Y.AbstractType<unknown> => child instanceof Y.AbstractType);
};

const editText = (text: Y.Text, random: Random): void => {
  const at = below(random, text.length + 1);
  const length = below(random, Math.min(6, text.length - at) + 1);
  const what = random();
  if (what < 0.45) text.insert(at, pick(random, words), random() < 0.3 ? pick(random, marks) : undefined);
  else if (what < 0.6) text.insertEmbed(at, { image: below(random, 9) });
  else if (what < 0.8) text.delete(at, length);
  else text.format(at, length, pick(random, marks));
};

const editArray = (list: Y.Array<unknown>, random: Random): void => {
  const at = below(random, list.length + 1);
  if (random() < 0.65) list.insert(at, [newValue(random), below(random, 99)]);
  else list.delete(at, below(random, Math.min(3, list.length - at) + 1));
};

const editMap = (map: Y.Map<unknown>, random: Random): void => {
  if (random() < 0.7) map.set(pick(random, names), newValue(random));
  else map.delete(pick(random, names));
};

const editXml = (xml: Y.XmlElement | Y.XmlFragment, random: Random): void => {
  if (xml instanceof Y.XmlElement && random() < 0.35) {
    if (random() < 0.7) xml.setAttribute(pick(random, names), String(below(random, 99)));
    else xml.removeAttribute(pick(random, names));
    return;
  }
  const at = below(random, xml.length + 1);
  if (random() < 0.65) {
    const text = new Y.XmlText(pick(random, words));
    xml.insert(at, [random() < 0.5 ? text : new Y.XmlElement(pick(random, ["p", "li"]))]);
  } else xml.delete(at, below(random, Math.min(2, xml.length - at) + 1));
};

const newValue = (random: Random): unknown => {
  const what = random();
  if (what < 0.2) return new Y.Map([[pick(random, names), below(random, 99)]]);
  if (what < 0.4) return Y.Array.from([below(random, 99), pick(random, words)]);
  if (what < 0.55) return new Y.Text(pick(random, words));
  return what < 0.8 ? pick(random, words) : { number: below(random, 99) };
};
