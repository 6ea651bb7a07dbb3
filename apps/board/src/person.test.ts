/**
 * Who sits here, and who others say they are.
 */
import { expect, test } from "vitest";
import { personNameMax, personOf, readPerson, renamePerson, type PersonStorage } from "./person.ts";

const storageWith = (text: string | null = null): PersonStorage => {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_, value) => {
      kept = value;
    },
  };
};

test("a guest gets a name and a colour, and keeps them", () => {
  const storage = storageWith();
  const guest = readPerson(storage);
  expect(guest).toEqual({
    name: expect.stringMatching(/^[A-Z]/),
    color: expect.stringMatching(/^#[0-9a-f]{6}$/),
  });
  for (let visit = 0; visit < 20; visit += 1) expect(readPerson(storage)).toEqual(guest);
});

test("a new name is kept with the colour, without the spaces around it", () => {
  const storage = storageWith();
  const { color } = readPerson(storage);
  expect(renamePerson("  Ada \n Lovelace ", storage)).toEqual({ name: "Ada Lovelace", color });
  expect(readPerson(storage)).toEqual({ name: "Ada Lovelace", color });
});

test("an empty name leaves the one there is", () => {
  const storage = storageWith();
  renamePerson("Ada", storage);
  expect(renamePerson("   ", storage).name).toBe("Ada");
});

test.each(["", "{", "null", "[]", "7"])("what else stands in its place (%j) is passed over", (text) => {
  const storage = storageWith(text);
  expect(readPerson(storage).name).not.toBe("");
  expect(readPerson(storage)).toEqual(readPerson(storage));
});

test.each([
  [undefined, "Somebody"],
  [{ name: "", color: "#123456" }, "Somebody"],
  [{ name: ["Ada"] }, "Somebody"],
  [{ name: " Ada " }, "Ada"],
  [{ name: "x".repeat(500) }, "x".repeat(personNameMax)],
])("of %j it is shown as %s", (told, name) => {
  expect(personOf(told).name).toBe(name);
});

test.each(["red", "url(https://evil.example)", "#12345", "#123456;position:fixed", 7])(
  "the colour %j is none",
  (color) => {
    expect(personOf({ name: "Ada", color }).color).toMatch(/^#[0-9a-f]{6}$/);
  },
);
