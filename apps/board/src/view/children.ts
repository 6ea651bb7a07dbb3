/**
 * Puts keyed children in order without making them anew: what has focus, a caret or a running animation keeps it.
 * Uses `moveBefore`, which moves a node with its state; where there is none, focus is given back after the move.
 * @see https://developer.mozilla.org/en-US/docs/Web/API/Element/moveBefore
 */

interface StatefulMover {
  moveBefore(node: Node, child: Node | null): void;
}

/** Makes the first children of `parent` be `wanted`, in that order. Others stay behind them until they are removed. */
export const orderChildren = (parent: Element, wanted: readonly Element[]): void => {
  for (const [index, child] of wanted.entries()) {
    const current = parent.children[index];
    if (current !== child) moveInto(parent, child, current ?? null);
  }
};

const moveInto = (parent: Element, child: Element, before: Element | null): void => {
  if (child.isConnected && parent.isConnected && hasMoveBefore(parent)) {
    parent.moveBefore(child, before);
    return;
  }
  const focused = document.activeElement;
  parent.insertBefore(child, before);
  if (focused instanceof HTMLElement && child.contains(focused)) focused.focus({ preventScroll: true });
};

const hasMoveBefore = (parent: Element): parent is Element & StatefulMover => "moveBefore" in parent;
