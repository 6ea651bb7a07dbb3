/**
 * The code keeps its habits: the repository breaches none of the rules of rules/tidy.ts, and each rule, given a
 * planted breach, says so. What was read is counted, because a rule that read nothing would be green for ever.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readRepository, sourcesOf, type FileMap } from "./rules/source.ts";
import * as tidy from "./rules/tidy.ts";

const repository = readRepository(fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, ""));

/** A file without a breach, at a path of a package and at one of a test. */
const header = "// A planted file.\n// It holds what the test puts into it.\n";
const planted = (text: string, path = "packages/model/src/planted.ts"): FileMap =>
  new Map([[path, header + text]]);
const plantedTest = (text: string): FileMap => planted(text, "test/planted.test.ts");

const rules = Object.entries(tidy);

test("the repository was read: sources, tests, and files that are neither", () => {
  const sources = sourcesOf(repository);
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.map(({ path }) => path)).toContain("test/tidy.test.ts");
  expect([...repository.keys()]).toEqual(expect.arrayContaining(["pnpm-lock.yaml", ".ci/run", "LICENSE"]));
});

describe.each(rules)("%s", (_, rule) => {
  test("finds nothing in the repository", () => {
    expect(rule(repository)).toEqual([]);
  });

  test("finds nothing in a file that is sound", () => {
    expect(rule(planted("export const one = 1;\n"))).toEqual([]);
  });
});

test.each([
  ["no comment", "export const one = 1;\n"],
  ["an import first", "import 'x';\n/** Late.\n */\n"],
  ["one line", "// Short.\nexport const one = 1;\n"],
  ["nine lines", "// Long.\n".repeat(9)],
])("a header is missed: %s", (_, text) => {
  expect(tidy.findMissingHeaders(new Map([["packages/model/src/planted.ts", text]]))).toHaveLength(1);
});

test.each([
  ["two lines", "// What it is.\n// What it keeps.\n"],
  ["a block", "/**\n * What it is.\n */\n"],
  ["a block of eight", `/**\n${" * Line.\n".repeat(8)} */\n`],
  ["after a line for the shell", "#!/usr/bin/env node\n// What it is.\n// What it keeps.\n"],
])("a header is seen: %s", (_, text) => {
  expect(tidy.findMissingHeaders(new Map([["packages/model/src/planted.ts", text]]))).toEqual([]);
});

test("an index is told in one line", () => {
  expect(tidy.findMissingHeaders(new Map([["packages/model/src/index.ts", "// The model.\n"]]))).toEqual([]);
});

test("a file that is too long is found, and a test may be longer", () => {
  const text = "export {};\n".repeat(350);
  expect(tidy.findLongFiles(planted(text))).toHaveLength(1);
  expect(tidy.findLongFiles(plantedTest(text))).toEqual([]);
  expect(tidy.findLongFiles(plantedTest(text + text))).toHaveLength(1);
});

test.each(["packedKey.ts", "PackedKey.ts", "packed_key.ts", "utils.ts", "types.test.ts", "helpers/key.ts"])(
  "%s is a poor name",
  (name) => {
    expect(tidy.findPoorNames(planted("", `packages/model/src/${name}`))).toHaveLength(1);
  },
);

test.each(["packed-key.ts", "key.test.ts", "u64.browser.test.ts", "packed-key.test-d.ts", "vite-env.d.ts"])(
  "%s is a good name",
  (name) => {
    expect(tidy.findPoorNames(planted("", `packages/model/src/${name}`))).toEqual([]);
  },
);

test.each([
  "const a = b as any;",
  "const a: any = 1;",
  "const a: any[] = [];",
  "type A = Map<string, any>;",
  "// @ts-ignore: planted\nf();",
  "/* @ts-nocheck */",
  "// @ts-expect-error: planted\nf();",
])("%s is untyped code", (text) => {
  expect(tidy.findUntypedCode(planted(text))).toHaveLength(1);
});

test("@ts-expect-error is for tests, and the word any is for everyone", () => {
  expect(tidy.findUntypedCode(plantedTest("// @ts-expect-error a string is no key\nf();"))).toEqual([]);
  expect(tidy.findUntypedCode(planted("const text = 'as any'; // : any"))).toEqual([]);
});

test("console is found in packages, and left to programs", () => {
  const text = "console.log(1);";
  expect(tidy.findConsole(planted(text))).toHaveLength(1);
  expect(tidy.findConsole(planted(text, "packages/relay/src/relay.ts"))).toHaveLength(1);
  expect(tidy.findConsole(planted(text, "packages/relay/src/cli.ts"))).toEqual([]);
  expect(tidy.findConsole(planted(text, "scripts/planted.ts"))).toEqual([]);
});

test("an empty catch is found, unless it says why", () => {
  expect(tidy.findEmptyCatches(planted("try { f(); } catch {}"))).toHaveLength(1);
  expect(tidy.findEmptyCatches(planted("try { f(); } catch { /* closing twice is harmless */ }"))).toEqual(
    [],
  );
});

test.each([
  "test.only('a', f);",
  "describe.only('a', f);",
  "test.skip('a', f);",
  "it.todo('a');",
  "test.skipIf(x)('a', f);",
])("%s is found", (text) => {
  expect(tidy.findUnrunTests(plantedTest(`\n${text}`))).toHaveLength(1);
});

test("a skip with its reason is let be, an only with one is not", () => {
  expect(tidy.findUnrunTests(plantedTest("\n// WebKit alone can do this.\ntest.skip('a', f);"))).toEqual([]);
  expect(tidy.findUnrunTests(plantedTest("\n// For now.\ntest.only('a', f);"))).toHaveLength(1);
});

test.each(["work", "root", "home", "Users"])(
  "a path under %s at the top of a disk is found in any file",
  (folder) => {
    expect(tidy.findMachinePaths(new Map([["README.md", `see /${folder}/main`]]))).toHaveLength(1);
    expect(tidy.findMachinePaths(new Map([["README.md", `see docs/${folder}/main`]]))).toEqual([]);
  },
);

test.each([["registry", "npmjs", "org"].join("."), ["tarball: https", "//host/a.tgz"].join(":")])(
  "%s is found in any file",
  (text) => {
    expect(tidy.findRegistryHosts(new Map([["pnpm-lock.yaml", text]]))).toHaveLength(1);
  },
);
