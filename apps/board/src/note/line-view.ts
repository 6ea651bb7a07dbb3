/**
 * A line of a note on screen. One of a checklist has a box to tick, which is no part of the text.
 * @see https://prosemirror.net/docs/ref/#view.NodeView
 */
import type { Node } from "prosemirror-model";
import type { EditorView, NodeView, ViewMutationRecord } from "prosemirror-view";
import { createElement, setAttribute } from "../view/element.ts";
import { isChecked, kindOf, tagOf, type LineKind } from "./note-schema.ts";

export class LineView implements NodeView {
  readonly dom: HTMLElement;
  readonly contentDOM: HTMLElement;
  readonly #kind: LineKind;
  readonly #box: HTMLInputElement | undefined;

  constructor(line: Node, view: EditorView, position: () => number | undefined) {
    this.#kind = kindOf(line);
    if (this.#kind === "check") {
      this.#box = createBox(view, position);
      const frame = createElement(
        "span",
        { class: "line-box", attributes: { contenteditable: "false" } },
        this.#box,
      );
      this.contentDOM = createElement("span", { class: "line-text" });
      this.dom = createElement("p", {}, frame, this.contentDOM);
    } else {
      this.dom = createElement(tagOf(this.#kind));
      this.contentDOM = this.dom;
    }
    this.dom.dataset["kind"] = this.#kind;
    this.update(line);
  }

  /** Shows the line as it is now; false when it takes another view. */
  update(line: Node): boolean {
    if (kindOf(line) !== this.#kind) return false;
    if (this.#box !== undefined) {
      this.#box.checked = isChecked(line);
      setAttribute(this.dom, "data-checked", String(isChecked(line)));
    }
    return true;
  }

  stopEvent({ target }: Event): boolean {
    return target === this.#box;
  }

  ignoreMutation(mutation: ViewMutationRecord): boolean {
    return mutation.type !== "selection" && !this.contentDOM.contains(mutation.target);
  }
}

const createBox = (view: EditorView, position: () => number | undefined): HTMLInputElement => {
  const box = createElement("input", { attributes: { type: "checkbox", "aria-label": "Done" } });
  box.addEventListener("change", () => {
    const at = position();
    if (at !== undefined) view.dispatch(view.state.tr.setNodeAttribute(at, "checked", box.checked));
  });
  return box;
};
