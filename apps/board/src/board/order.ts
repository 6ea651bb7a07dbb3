/**
 * The order of lists and cards by fractional indexes: a move writes the moved thing alone, and moves made on two
 * devices at once both stand. Two that chose the same gap get the same index; then ties go by id, and a place
 * between the two is made by spacing the whole list anew.
 * @see https://www.figma.com/blog/realtime-editing-of-ordered-sequences/
 */
import { generateKeyBetween, generateNKeysBetween } from "fractional-indexing";

export interface Ordered {
  readonly id: string;
  readonly order: string;
}

/** For `sort`: by order in code units, then by id, so that every device sorts alike. */
export const compareOrdered = (a: Ordered, b: Ordered): number =>
  compareText(a.order, b.order) || compareText(a.id, b.id);

/**
 * The orders to write so that `id` stands at `index` among `others` (sorted, without it): one, save where there is
 * no room between its neighbours. An index past either end means that end.
 */
export const placeAt = (others: readonly Ordered[], id: string, index: number): readonly Ordered[] => {
  const at = Math.max(0, Math.min(index, others.length));
  const order = orderBetween(others[at - 1]?.order ?? null, others[at]?.order ?? null);
  return order === undefined ? spaceAnew(others.toSpliced(at, 0, { id, order: "" })) : [{ id, order }];
};

/** An order between two; undefined when they are equal or one is no index (another program wrote it). */
const orderBetween = (before: string | null, after: string | null): string | undefined => {
  if (before !== null && after !== null && before >= after) return undefined;
  try {
    return generateKeyBetween(before, after);
  } catch {
    // Its way to say that a bound is malformed.
    return undefined;
  }
};

const spaceAnew = (items: readonly Ordered[]): readonly Ordered[] => {
  const orders = generateNKeysBetween(null, null, items.length);
  return items.map(({ id }, index) => ({ id, order: orders[index] ?? "" }));
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
