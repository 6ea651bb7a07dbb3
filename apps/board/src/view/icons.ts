/**
 * The board's icons: strokes in the colour of the text around them, on a field of 20 by 20, hidden from screen
 * readers (the button or text beside them says what they mean).
 */

const paths = {
  add: "M10 4v12M4 10h12",
  alert: "M10 3.2 17.6 16.4H2.4zM10 8v4M10 14.2v.1",
  check: "M4 10.6l4 4 8-9",
  close: "M5 5l10 10M15 5L5 15",
  connecting: "M3 10h.1M10 10h.1M17 10h.1",
  delete: "M4 6h12M8 6V4h4v2M5.6 6l.8 10.4h7.2L14.4 6M8.6 9v4.6M11.4 9v4.6",
  down: "M10 4v12M5 11l5 5 5-5",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.4h.1M8.5 8.4h.1M11.5 8.4h.1M14.5 8.4h.1M6.5 11.6h7",
  left: "M16 10H4M9 5l-5 5 5 5",
  off: "M6 3.5h8v13H6zM9.5 14h1",
  offline: "M2.5 12.5c2 0 2-1.6 3.8-1.6 1 0 1.4.5 2 1M17.5 12.5c-1.6 0-2-1.6-3.8-1.6M4 4l12 12",
  paused: "M7 5v10M13 5v10",
  rejected: "M4 7h9a3.5 3.5 0 0 1 0 7H8M7 4L4 7l3 3",
  right: "M4 10h12M11 5l5 5-5 5",
  starfish:
    "M10 2.4c.9 0 1.5 3.6 2.3 4.4.9.8 4.9.3 5.2 1.2.3.9-3 2.5-3.4 3.6-.4 1.1 1.4 4.6.6 5.2-.8.6-3.5-2.2-4.7-2.2s-3.9 2.8-4.7 2.2c-.8-.6 1-4.1.6-5.2C5.5 10.5 2.2 8.9 2.5 8c.3-.9 4.3-.4 5.2-1.2.8-.8 1.4-4.4 2.3-4.4z",
  stopped: "M10 3.2 17.6 16.4H2.4zM10 8v4M10 14.2v.1",
  synced: "M2.5 12c1.9 0 1.9 1.6 3.75 1.6S8.1 12 10 12s1.9 1.6 3.75 1.6S15.6 12 17.5 12M5.5 7.2l3 3L14.5 4",
  syncing: "M4 8a6.2 6.2 0 0 1 11.4-1.2M16 3.5v3.6h-3.6M16 12a6.2 6.2 0 0 1-11.4 1.2M4 16.5v-3.6h3.6",
  tabs: "M3 6.5h10v9H3zM7 6.5v-3h10v9h-4",
  up: "M10 16V4M5 9l5-5 5 5",
} as const;

export type IconName = keyof typeof paths;

const svgNamespace = "http://www.w3.org/2000/svg";

export const createIcon = (name: IconName): SVGSVGElement => {
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  svg.append(document.createElementNS(svgNamespace, "path"));
  setIcon(svg, name);
  return svg;
};

/** Shows another icon in an element that `createIcon` made. */
export const setIcon = (svg: SVGSVGElement, name: IconName): void => {
  svg.dataset["icon"] = name;
  svg.firstElementChild?.setAttribute("d", paths[name]);
};
