/**
 * The architecture holds: the repository breaches none of the rules of rules/layers.ts, and each rule, given a
 * planted breach, says so. A rule that read nothing would be green for ever, so what was read is counted too.
 */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  findImpurities,
  findImportCycles,
  findImportsOfOwnIndex,
  findImportsOfTests,
  findUndeclaredImports,
  findUnlistedPackages,
  findUpwardDependencies,
  packagesBottomFirst,
  pureFolders,
  pureSources,
} from "./rules/layers.ts";
import { readRepository, sourcesOf, type FileMap } from "./rules/source.ts";

const repository = readRepository(fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, ""));

test("the repository was read: its packages, and sources in every one of them", () => {
  const packages = packagesBottomFirst(repository);
  expect(packages.map(({ name }) => name).slice(0, 2)).toEqual(["@rockpool/model", "@rockpool/protocol"]);
  const sources = sourcesOf(repository);
  const empty = packages.filter(({ folder }) => !sources.some(({ path }) => path.startsWith(`${folder}/`)));
  expect(empty).toEqual([]);
});

test.each(pureFolders)("%s holds pure code to check", (folder) => {
  expect(pureSources(repository).filter(({ path }) => path.startsWith(folder))).not.toEqual([]);
});

test("every package is in the list of pnpm-workspace.yaml", () => {
  expect(findUnlistedPackages(repository)).toEqual([]);
});

test("a package depends only on packages above it in the list", () => {
  expect(findUpwardDependencies(repository)).toEqual([]);
});

test("a file imports only what its package declares", () => {
  expect(findUndeclaredImports(repository)).toEqual([]);
});

test("nothing imports the index of its own package", () => {
  expect(findImportsOfOwnIndex(repository)).toEqual([]);
});

test("what an app loads imports nothing that is for tests", () => {
  expect(findImportsOfTests(repository)).toEqual([]);
});

test("no file imports itself by a detour", () => {
  expect(findImportCycles(repository)).toEqual([]);
});

test("pure code takes clock, random numbers and timers as parameters", () => {
  expect(findImpurities(repository)).toEqual([]);
});

const sound: FileMap = new Map([
  ["package.json", `{ "name": "root", "devDependencies": { "vitest": "1" } }`],
  ["pnpm-workspace.yaml", "packages:\n  - packages/model\n  - packages/log\n\nallowBuilds:\n  node: true\n"],
  ["packages/model/package.json", `{ "name": "@rockpool/model" }`],
  ["packages/model/src/index.ts", `export { key } from "./key.ts";`],
  ["packages/model/src/key.ts", `export const key = (clock: () => Date): number => clock().getTime();`],
  [
    "packages/model/src/key.test.ts",
    `import { test } from "vitest"; import { key } from "./key.ts"; Date.now();`,
  ],
  [
    "packages/log/package.json",
    `{ "name": "@rockpool/log", "dependencies": { "@rockpool/model": "*", "idb": "1" } }`,
  ],
  [
    "packages/log/src/log.ts",
    `import { key } from "@rockpool/model"; import type { IDBPDatabase } from "idb";`,
  ],
]);

const withFile = (path: string, text: string): FileMap => new Map([...sound, [path, text]]);

const rules = [
  findUnlistedPackages,
  findUpwardDependencies,
  findUndeclaredImports,
  findImportsOfOwnIndex,
  findImportsOfTests,
  findImportCycles,
  findImpurities,
];

test.each(rules.map((rule) => [rule.name, rule] as const))("%s finds nothing that is sound", (_, rule) => {
  expect(rule(sound)).toEqual([]);
});

test("a package outside the list is found", () => {
  expect(findUnlistedPackages(withFile("packages/stray/package.json", "{}"))).toHaveLength(1);
});

test("a dependency on a package below is found", () => {
  const files = withFile(
    "packages/model/package.json",
    `{ "name": "@rockpool/model", "dependencies": { "@rockpool/log": "*" } }`,
  );
  expect(findUpwardDependencies(files)).toHaveLength(1);
});

test.each([
  `import { log } from "@rockpool/log";`,
  `import type { Log } from "@rockpool/log";`,
  `export { log } from "@rockpool/log";`,
  `export * from "@rockpool/log";`,
  `import "idb/with-async-ittr";`,
  `const idb = await import("idb");`,
  `type Log = import("@rockpool/log").Log;`,
  `import { log } from "../../log/src/log.ts";`,
  `new Worker(new URL("../../log/src/log.ts", import.meta.url));`,
  `import { test } from "vitest";`,
])("%s in a package that declares nothing is found", (text) => {
  expect(findUndeclaredImports(withFile("packages/model/src/planted.ts", text))).toHaveLength(1);
});

test("a name of the package's own, for files by where they run, is no dependency once it is declared", () => {
  const text = `const storage = await import("#storage");`;
  const files = withFile("packages/model/src/planted.ts", text);
  expect(findUndeclaredImports(files)).toHaveLength(1);
  const manifest = `{ "name": "@rockpool/model", "imports": { "#storage": { "default": "./src/key.ts" } } }`;
  expect(findUndeclaredImports(new Map([...files, ["packages/model/package.json", manifest]]))).toEqual([]);
});

test("what the app is to bring is declared among the peers", () => {
  const files = withFile("packages/model/src/planted.ts", `import { Doc } from "yjs";`);
  expect(findUndeclaredImports(files)).toHaveLength(1);
  const manifest = `{ "name": "@rockpool/model", "peerDependencies": { "yjs": "*" } }`;
  expect(findUndeclaredImports(new Map([...files, ["packages/model/package.json", manifest]]))).toEqual([]);
});

test.each([`import { key } from "./index.ts";`, `import { key } from "@rockpool/model";`])(
  "%s inside the model is found",
  (text) => {
    expect(findImportsOfOwnIndex(withFile("packages/model/src/planted.ts", text))).toHaveLength(1);
  },
);

test.each(["./key.test.ts", "./log-suite.ts", "./key-arbitrary.ts"])(
  "an import of %s is found, outside tests",
  (file) => {
    const text = `import "${file}";`;
    expect(findImportsOfTests(withFile("packages/model/src/planted.ts", text))).toHaveLength(1);
    expect(findImportsOfTests(withFile("packages/model/src/planted.test.ts", text))).toEqual([]);
  },
);

test("a cycle of imports is found, of types too", () => {
  const files = new Map([
    ...withFile("packages/model/src/a.ts", `import type { b } from "./b.ts";`),
    ["packages/model/src/b.ts", `export { a } from "./a.ts";`] as const,
  ]);
  expect(findImportCycles(files)).toEqual([
    "packages/model/src/a.ts → packages/model/src/b.ts → packages/model/src/a.ts",
  ]);
});

test.each([
  "Date.now()",
  "const clock = Date.now",
  "Math.random()",
  "performance.now()",
  "new Date()",
  "Date()",
  "setTimeout(f, 1)",
  "setInterval(f, 1)",
  "globalThis.setTimeout(f, 1)",
  "crypto.randomUUID()",
  "globalThis.crypto.subtle",
  `import "node:fs"`,
])("%s in pure code is found", (text) => {
  expect(findImpurities(withFile("packages/model/src/planted.ts", text))).not.toEqual([]);
  expect(findImpurities(withFile("packages/relay/src/resolve.ts", text))).not.toEqual([]);
  expect(findImpurities(withFile("packages/log/src/planted.ts", text))).toEqual([]);
});

test("a file that does not parse is not passed over", () => {
  expect(() => findImpurities(withFile("packages/model/src/planted.ts", "const ="))).toThrow(
    "does not parse",
  );
});
