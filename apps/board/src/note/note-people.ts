/**
 * Who is in a note: oneself, with a name that can be changed here, and the others, as their awareness tells.
 * @see https://docs.yjs.dev/api/about-awareness
 */
import type { Awareness } from "y-protocols/awareness";
import { personNameMax, personOf, readPerson, renamePerson, type Person } from "../person.ts";
import { createElement, setText } from "../view/element.ts";

export interface NotePeople {
  readonly element: HTMLElement;
  /** Says who is here in this awareness, and listens to it from now on. */
  follow(awareness: Awareness): void;
  /** Goes out, and stops listening. */
  leave(): void;
}

/** `onComing` and `onLeaving` get the name of each other person once. */
export const createNotePeople = (
  onComing: (name: string) => void,
  onLeaving: (name: string) => void,
): NotePeople => {
  let awareness: Awareness | undefined;
  let shown: readonly Person[] = [];
  const nameField = createNameField((person) => awareness?.setLocalStateField("user", person));
  const list = createElement("ul", { attributes: { "aria-label": "Also in this note" } });
  const alone = createElement("p", { class: "note-alone" });
  const show = (): void => {
    const others = awareness === undefined ? [] : othersIn(awareness);
    list.replaceChildren(...others.map(createPerson));
    list.hidden = others.length === 0;
    setText(alone, others.length === 0 ? "Nobody else is here." : "");
    for (const { name } of others) if (!hasName(shown, name)) onComing(name);
    for (const { name } of shown) if (!hasName(others, name)) onLeaving(name);
    shown = others;
  };
  const leave = (): void => {
    awareness?.off("change", show);
    awareness = undefined;
  };
  return {
    element: createElement("div", { class: "note-people" }, nameField, list, alone),
    follow: (next) => {
      leave();
      awareness = next;
      awareness.setLocalStateField("user", readPerson());
      awareness.on("change", show);
      show();
    },
    leave,
  };
};

/** The others, each once however many tabs they have open. */
const othersIn = (awareness: Awareness): readonly Person[] => {
  const others = new Map<string, Person>();
  for (const [clientId, state] of awareness.getStates()) {
    // Whoever has no user yet is about to say who it is.
    if (clientId === awareness.clientID || state["user"] === undefined) continue;
    const person = personOf(state["user"]);
    others.set(JSON.stringify(person), person);
  }
  return [...others.values()];
};

const hasName = (people: readonly Person[], name: string): boolean => people.some((one) => one.name === name);

const createPerson = ({ name, color }: Person): HTMLElement => {
  const own = readPerson();
  const words = name === own.name && color === own.color ? "You, in another tab" : name;
  return createElement("li", { class: "person" }, createDot(color), words);
};

const createDot = (color: string): HTMLElement => {
  const dot = createElement("span", { class: "person-dot", attributes: { "aria-hidden": "true" } });
  dot.style.setProperty("--person", color);
  return dot;
};

const createNameField = (onChange: (person: Person) => void): HTMLElement => {
  const { name, color } = readPerson();
  const attributes = {
    "aria-label": "Your name",
    maxlength: String(personNameMax),
    autocomplete: "nickname",
    spellcheck: "false",
  };
  const input = createElement("input", { attributes });
  input.value = name;
  input.addEventListener("change", () => {
    const person = renamePerson(input.value);
    input.value = person.name;
    onChange(person);
  });
  return createElement("label", { class: "person own-name" }, createDot(color), "You:", input);
};
