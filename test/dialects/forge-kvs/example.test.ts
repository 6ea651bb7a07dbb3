/**
 * The example, written as Forge's documentation writes its code, does what that says.
 */
import { expect, test } from "vitest";

test("an app of Forge's documentation runs with one line more", async () => {
  const { printed } = await import("./example.ts");
  expect(printed.split("\n")).toEqual([
    '"bar"',
    '[{"key":"foo","value":"bar"}]',
    '[[{"key":"account.5","value":"account 5"}],true]',
    '"Hello world"',
    '"KEY_CONFLICT"',
    '["other-key"]',
    '["value1",true]',
  ]);
});
