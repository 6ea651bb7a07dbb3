/**
 * The board's icons: strokes in the colour of the text around them, on a field of 20 by 20, hidden from screen
 * readers (the button or text beside them says what they mean).
 */

const paths = {
  add: "M10 4v12M4 10h12",
  alert: "M10 3.2 17.6 16.4H2.4zM10 8v4M10 14.2v.1",
  bold: "M6.5 4h4.2a2.9 2.9 0 0 1 0 5.8H6.5zM6.5 9.8h5a3.1 3.1 0 0 1 0 6.2h-5z",
  bullets: "M8 5.5h9M8 10h9M8 14.5h9M3.6 5.5h.1M3.6 10h.1M3.6 14.5h.1",
  check: "M4 10.6l4 4 8-9",
  checklist: "M10.5 6h6.5M10.5 14h6.5M3 5.8l1.8 1.8L8 4M3.4 12h3.8v3.8H3.4z",
  close: "M5 5l10 10M15 5L5 15",
  connecting: "M3 10h.1M10 10h.1M17 10h.1",
  delete: "M4 6h12M8 6V4h4v2M5.6 6l.8 10.4h7.2L14.4 6M8.6 9v4.6M11.4 9v4.6",
  down: "M10 4v12M5 11l5 5 5-5",
  heading: "M5 4v12M15 4v12M5 10h10",
  italic: "M11.8 4 8.2 16M9.4 4h5M5.6 16h5",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.4h.1M8.5 8.4h.1M11.5 8.4h.1M14.5 8.4h.1M6.5 11.6h7",
  left: "M16 10H4M9 5l-5 5 5 5",
  note: "M5 2.8h7.2L15.5 6v11.2H5zM7.8 8h4.8M7.8 11h4.8M7.8 14h2.8",
  numbers: "M9 5.5h8M9 10h8M9 14.5h8M3.4 4.4l1.2-.8v3.8M3.2 12.4c.2-1.2 2.2-1 2 .2-.1.8-1.2 1.4-2 2.4h2.2",
  off: "M6 3.5h8v13H6zM9.5 14h1",
  offline: "M2.5 12.5c2 0 2-1.6 3.8-1.6 1 0 1.4.5 2 1M17.5 12.5c-1.6 0-2-1.6-3.8-1.6M4 4l12 12",
  paused: "M7 5v10M13 5v10",
  redo: "M16 7H8.5a4 4 0 0 0 0 8H13M13 3.8 16.2 7 13 10.2",
  rejected: "M4 7h9a3.5 3.5 0 0 1 0 7H8M7 4L4 7l3 3",
  right: "M4 10h12M11 5l5 5-5 5",
  starfish:
    "M10 2.4c.9 0 1.5 3.6 2.3 4.4.9.8 4.9.3 5.2 1.2.3.9-3 2.5-3.4 3.6-.4 1.1 1.4 4.6.6 5.2-.8.6-3.5-2.2-4.7-2.2s-3.9 2.8-4.7 2.2c-.8-.6 1-4.1.6-5.2C5.5 10.5 2.2 8.9 2.5 8c.3-.9 4.3-.4 5.2-1.2.8-.8 1.4-4.4 2.3-4.4z",
  stopped: "M10 3.2 17.6 16.4H2.4zM10 8v4M10 14.2v.1",
  subheading: "M4 6.5v9M12 6.5v9M4 11h8M16.5 9.5v6",
  synced: "M2.5 12c1.9 0 1.9 1.6 3.75 1.6S8.1 12 10 12s1.9 1.6 3.75 1.6S15.6 12 17.5 12M5.5 7.2l3 3L14.5 4",
  syncing: "M4 8a6.2 6.2 0 0 1 11.4-1.2M16 3.5v3.6h-3.6M16 12a6.2 6.2 0 0 1-11.4 1.2M4 16.5v-3.6h3.6",
  tabs: "M3 6.5h10v9H3zM7 6.5v-3h10v9h-4",
  undo: "M4 7h7.5a4 4 0 0 1 0 8H7M7 3.8 3.8 7 7 10.2",
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
