/**
 * Makes DOM elements. Text only ever becomes text nodes: nothing that a person typed is parsed as HTML.
 */

export interface ElementProperties {
  readonly class?: string;
  readonly text?: string;
  /** Attributes; undefined leaves one out. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
}

export const createElement = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: ElementProperties = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  if (properties.class !== undefined) element.className = properties.class;
  if (properties.text !== undefined) element.textContent = properties.text;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

/** A button that shows `content` and is called `name` by a screen reader and on hover. */
export const createIconButton = (name: string, content: Node, onClick: () => void): HTMLButtonElement => {
  const attributes = { type: "button", "aria-label": name, title: name };
  const button = createElement("button", { class: "icon-button", attributes }, content);
  button.addEventListener("click", onClick);
  return button;
};

/** Calls an icon button something else. */
export const setButtonName = (button: HTMLButtonElement, name: string): void => {
  setAttribute(button, "aria-label", name);
  setAttribute(button, "title", name);
};

export const createTextButton = (text: string, className: string, onClick: () => void): HTMLButtonElement => {
  const button = createElement("button", { class: className, text, attributes: { type: "button" } });
  button.addEventListener("click", onClick);
  return button;
};

/** Text for screen readers alone. */
export const createHiddenText = (text = ""): HTMLSpanElement =>
  createElement("span", { class: "visually-hidden", text });

/** Sets the text only when it changes, so that a live region or a selection is not disturbed for nothing. */
export const setText = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

/** Sets or, with undefined, removes an attribute. */
export const setAttribute = (element: Element, name: string, value: string | undefined): void => {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};
