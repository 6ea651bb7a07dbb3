/**
 * Who sits at this browser, as others see it in a note: a name and a colour, kept in the browser and not in the
 * bucket, for it is no part of the board. What others say of themselves is read with suspicion.
 */

export interface Person {
  readonly name: string;
  /** `#rrggbb`, dark enough for white text on it. The form is y-prosemirror's. */
  readonly color: string;
}

/** Longest name shown, in characters. */
export const personNameMax = 40;

/** Where the person is kept. */
export type PersonStorage = Pick<Storage, "getItem" | "setItem">;

const storageKey = "rockpool-board-person";

/** The names of those who have not said theirs. */
const guestNames = [
  "Anemone",
  "Goby",
  "Hermit crab",
  "Limpet",
  "Periwinkle",
  "Prawn",
  "Sea urchin",
  "Starfish",
];

const colors = [
  "#0f6f82",
  "#4f7a22",
  "#8a6100",
  "#b8431f",
  "#8f3f84",
  "#3a5fb0",
  "#a23358",
  "#2f6f57",
] as const;

/** Who is here; on the first call in a browser, a guest with a name and a colour by lot. */
export const readPerson = (storage: PersonStorage = localStorage): Person => {
  const kept = personIn(storage.getItem(storageKey));
  return kept ?? keepPerson({ name: oneOf(guestNames), color: oneOf(colors) }, storage);
};

/** The person under another name; an empty one leaves the name as it was. */
export const renamePerson = (name: string, storage: PersonStorage = localStorage): Person => {
  const person = readPerson(storage);
  const trimmed = shortName(name);
  return trimmed === "" ? person : keepPerson({ ...person, name: trimmed }, storage);
};

/** The person that somebody else's program says is there. */
export const personOf = (told: unknown): Person => {
  const { name, color } = isRecord(told) ? told : {};
  return {
    name: (typeof name === "string" ? shortName(name) : "") || "Somebody",
    color: typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color) ? color : colors[0],
  };
};

const keepPerson = (person: Person, storage: PersonStorage): Person => {
  storage.setItem(storageKey, JSON.stringify(person));
  return person;
};

const personIn = (text: string | null): Person | undefined => {
  if (text === null) return undefined;
  try {
    const told: unknown = JSON.parse(text);
    return isRecord(told) ? personOf(told) : undefined;
  } catch {
    // Written by something else: begin anew.
    return undefined;
  }
};

const shortName = (name: string): string =>
  name.replaceAll(/\s+/g, " ").trim().slice(0, personNameMax).trim();

const oneOf = <Choice>(choices: readonly Choice[]): Choice => {
  const choice = choices[Math.floor(Math.random() * choices.length)];
  if (choice === undefined) throw new Error("There is nothing to choose from.");
  return choice;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
