/**
 * Small animations that say where a thing went or came from. None for people who asked for less motion.
 */

const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const moveMs = 220;
const easing = "cubic-bezier(0.2, 0.8, 0.2, 1)";

/**
 * Runs `change`, which may reorder and move `elements`, and lets each glide from where it was to where it is
 * (https://aerotwist.com/blog/flip-your-animations/). `startOf` names other starting points, such as the place
 * where a dragged card was let go.
 */
export const glide = (
  elements: readonly Element[],
  change: () => void,
  startOf: ReadonlyMap<Element, DOMRect> = new Map(),
): void => {
  if (stillness.matches) {
    change();
    return;
  }
  const rectBefore = new Map(
    elements
      .filter((element) => element.isConnected)
      .map((element) => [element, element.getBoundingClientRect()]),
  );
  change();
  for (const [element, before] of new Map([...rectBefore, ...startOf])) {
    if (!element.isConnected) continue;
    const after = element.getBoundingClientRect();
    const [x, y] = [before.left - after.left, before.top - after.top];
    if (Math.hypot(x, y) < 1) continue;
    element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
      duration: moveMs,
      easing,
    });
  }
};

/** Lets something new rise into view. */
export const appear = (element: Element): void => {
  if (stillness.matches) return;
  element.animate(
    [
      { opacity: 0, transform: "translateY(8px) scale(0.98)" },
      { opacity: 1, transform: "none" },
    ],
    {
      duration: moveMs,
      easing,
    },
  );
};

/** A short swell, for a number that grew. */
export const swell = (element: Element): void => {
  if (stillness.matches) return;
  element.animate([{ transform: "scale(1)" }, { transform: "scale(1.35)" }, { transform: "scale(1)" }], {
    duration: 320,
    easing,
  });
};
