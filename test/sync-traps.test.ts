/**
 * The table of the traps of local-first sync is whole and true: each trap stands in it once, and what is
 * named to show what Rockpool does about it is there.
 */
import { expect, test } from "vitest";
import { repository, rowsOf, testFinder } from "./rules/shown-by.ts";
import { isTest } from "./rules/source.ts";
import { kinds } from "./simulator/kinds.ts";
import { mutants } from "./simulator/mutants.ts";

const rows = rowsOf("docs/sync-traps.md");
const shown = rows.flatMap((cells) => (cells.at(-1) ?? "").split("<br>"));
const isTested = testFinder();

/** A row that nothing shows says why in a sentence. */
const excuse = /^(cannot arise|no documents yet): .{20,}\.$/;

const isShown = (text: string): boolean => {
  const [, sort, name] = /^(fault|mutant) `(.+)`$/.exec(text) ?? [];
  if (sort === "fault") return Object.entries(kinds).some(([kind, { isFault }]) => kind === name && isFault);
  if (sort === "mutant") return mutants.some((mutant) => mutant.name === name);
  return excuse.test(text) || isTested(text);
};

test("each trap stands in the table once, in order", () => {
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 49 }, (_, index) => `${index + 1}`));
});

test("few traps cannot arise", () => {
  expect(shown.filter((text) => excuse.test(text)).length).toBeLessThan(6);
});

test.each([...new Set(shown)])("a trap is covered: %s", (text) => {
  expect(isShown(text)).toBe(true);
});

test.each(["", "fault `commit`", "fault `rain`", "mutant `none`", "no such test", "cannot arise: no."])(
  "what shows nothing is found: %j",
  (text) => {
    expect(isShown(text)).toBe(false);
  },
);

test("no package keeps anything beside its database", () => {
  const kept = /\b(sessionStorage|localStorage|document\.cookie|cookieStore)\b/;
  const sources = [...repository].filter(
    ([path]) => path.startsWith("packages/") && path.endsWith(".ts") && !isTest(path),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter(([, text]) => kept.test(text)).map(([path]) => path)).toEqual([]);
});
