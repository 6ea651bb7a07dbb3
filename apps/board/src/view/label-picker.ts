/**
 * The choice of a card's label: radio buttons that look like pebbles.
 */
import { labels, type Label } from "../board/board-keys.ts";
import { createElement, createHiddenText } from "./element.ts";

export interface LabelPicker {
  readonly element: HTMLFieldSetElement;
  get(): Label | null;
}

/** What a label is called on screen. */
export const labelName = (label: Label): string => label[0]?.toUpperCase() + label.slice(1);

export const createLabelPicker = (chosen: Label | null): LabelPicker => {
  // Radio buttons are one group by their name, within their form.
  const choices = [null, ...labels].map((label) => {
    const input = createElement("input", {
      attributes: { type: "radio", name: "label", value: label ?? "" },
    });
    input.checked = label === chosen;
    const name = label === null ? "No label" : labelName(label);
    const attributes = { "data-label": label ?? "none", title: name };
    return {
      label,
      input,
      element: createElement("label", { class: "pebble", attributes }, input, createHiddenText(name)),
    };
  });
  const legend = createElement("legend", { class: "visually-hidden", text: "Label" });
  return {
    element: createElement(
      "fieldset",
      { class: "label-picker" },
      legend,
      ...choices.map(({ element }) => element),
    ),
    get: () => choices.find(({ input }) => input.checked)?.label ?? null,
  };
};
