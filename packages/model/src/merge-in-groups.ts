/**
 * Many into one, where merging costs the square of how many are handed over at once, as with updates of Yjs,
 * which sorts all of them again for each: few are merged at once, and then what they came to.
 */

const mergedAtOnce = 64;

/** What `merge` makes of all of them, in order. @throws what `merge` throws */
export const mergeInGroups = <Item>(items: readonly Item[], merge: (group: Item[]) => Item): Item => {
  let rest = items;
  while (rest.length > mergedAtOnce) {
    const merged: Item[] = [];
    for (let from = 0; from < rest.length; from += mergedAtOnce) {
      merged.push(merge(rest.slice(from, from + mergedAtOnce)));
    }
    rest = merged;
  }
  return merge([...rest]);
};
