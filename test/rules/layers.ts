/**
 * The architecture as rules. Each takes the files of the repository and returns its breaches, one sentence each.
 * The order of packages is the list in pnpm-workspace.yaml, bottom first.
 */
import { dirname, join } from "node:path/posix";
import { Visitor } from "vite";
import { isTest, lineAt, sourcesOf, type FileMap, type Import, type Source } from "./source.ts";

/** A workspace package; its place in the list of them is its layer. */
export interface Package {
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  /** What the app brings, of which there must be one copy. */
  readonly peerDependencies: readonly string[];
  /** Names that begin with "#", for files of its own by where they run. */
  readonly imports: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly imports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Code whose clock, random numbers and timers are handed in. */
export const pureFolders: readonly string[] = [
  "packages/model/src/",
  "packages/protocol/src/",
  "packages/replica/src/",
  "packages/relay/src/resolve",
];

/** The packages in the order of pnpm-workspace.yaml. @throws Error when the list or a package.json is missing. */
export const packagesBottomFirst = (files: FileMap): readonly Package[] => {
  const yaml = mustGetFile(files, "pnpm-workspace.yaml");
  const list = /^packages:\n((?:\s+- .+\n)+)/m.exec(yaml)?.[1] ?? "";
  const folders = [...list.matchAll(/- (\S+)/g)].map((match) => match[1] ?? "");
  return folders.map((folder) => {
    const manifest = readManifest(files, `${folder}/package.json`);
    return {
      folder,
      name: manifest.name,
      dependencies: Object.keys(manifest.dependencies ?? {}),
      devDependencies: Object.keys(manifest.devDependencies ?? {}),
      peerDependencies: Object.keys(manifest.peerDependencies ?? {}),
      imports: Object.keys(manifest.imports ?? {}),
    };
  });
};

/** The files of pure packages, their tests excepted. */
export const pureSources = (files: FileMap): readonly Source[] =>
  sourcesOf(files).filter(
    ({ path }) => pureFolders.some((folder) => path.startsWith(folder)) && !isTest(path),
  );

/** Every folder with a package.json is in the list: a package that is not would escape all rules. */
export const findUnlistedPackages = (files: FileMap): readonly string[] => {
  const listed = new Set(packagesBottomFirst(files).map(({ folder }) => folder));
  return [...files.keys()]
    .filter((path) => path.endsWith("/package.json") && !listed.has(dirname(path)))
    .map((path) => `${dirname(path)} is missing in pnpm-workspace.yaml`);
};

/** A package depends only on packages above it in the list. */
export const findUpwardDependencies = (files: FileMap): readonly string[] => {
  const packages = packagesBottomFirst(files);
  return packages.flatMap((one, layer) =>
    [...one.dependencies, ...one.devDependencies, ...one.peerDependencies]
      .filter((dependency) => packages.findIndex(({ name }) => name === dependency) >= layer)
      .map((dependency) => `${one.folder}/package.json: ${dependency} is not above ${one.name} in the list`),
  );
};

/** A file imports only what its package declares, and no file of another package by its path. */
export const findUndeclaredImports = (files: FileMap): readonly string[] => {
  const root = readManifest(files, "package.json");
  return sourcesByPackage(files).flatMap(({ one, sources }) => {
    const forAll = [...one.dependencies, ...one.peerDependencies];
    const forTests = [...forAll, ...one.devDependencies, ...Object.keys(root.devDependencies ?? {})];
    return sources.flatMap(({ path, imports }) =>
      imports.flatMap((entry) => {
        const at = `${path}:${entry.line}: "${entry.specifier}"`;
        const target = targetOf(path, entry);
        if (target !== undefined) {
          const isInside =
            target.startsWith(`${one.folder}/`) ||
            (one.folder === "test" && !/^(packages|apps)\//.test(target));
          return isInside ? [] : [`${at} reaches into another package; import it by its name`];
        }
        const name = packageNameOf(entry.specifier);
        const isDeclared = (isTest(path) || isConfig(path) ? forTests : forAll).includes(name);
        const isOwn = name === one.name || one.imports.includes(entry.specifier);
        return isDeclared || isOwn || /^(node|virtual):/.test(name)
          ? []
          : [`${at} is not among the dependencies of ${one.name}`];
      }),
    );
  });
};

/** index.ts is for others: nothing inside a package imports it, or the package by its own name. */
export const findImportsOfOwnIndex = (files: FileMap): readonly string[] =>
  sourcesByPackage(files).flatMap(({ one, sources }) =>
    sources.flatMap(({ path, imports }) =>
      imports
        .filter(
          (entry) =>
            targetOf(path, entry) === `${one.folder}/src/index.ts` ||
            packageNameOf(entry.specifier) === one.name,
        )
        .map((entry) => `${path}:${entry.line}: imports its own package's index`),
    ),
  );

/** What an app loads imports no test, suite or arbitrary: they bring Vitest and fast-check along. */
export const findImportsOfTests = (files: FileMap): readonly string[] =>
  sourcesOf(files)
    .filter(({ path }) => !isTest(path))
    .flatMap((source) =>
      source.imports
        .filter((entry) => isTest(targetOf(source.path, entry) ?? ""))
        .map((entry) => `${source.path}:${entry.line}: "${entry.specifier}" is for tests alone`),
    );

/** No cycles of static imports between files, types included. Each is given once, as the path it takes. */
export const findImportCycles = (files: FileMap): readonly string[] => {
  const targetsByPath = new Map(
    sourcesOf(files).map(({ path, imports }) => [
      path,
      imports.filter(({ kind }) => kind === "static").flatMap((entry) => targetOf(path, entry) ?? []),
    ]),
  );
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (trail.includes(path) || finished.has(path)) return;
    for (const target of targetsByPath.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of targetsByPath.keys()) visit(path, []);
  return cycles;
};

/** Pure code reads no clock, draws no random number, starts no timer and imports nothing of Node. */
export const findImpurities = (files: FileMap): readonly string[] =>
  pureSources(files).flatMap(({ path, text, program, imports }) => {
    const breaches = imports
      .filter(({ specifier }) => specifier.startsWith("node:"))
      .map(({ specifier, line }) => `${path}:${line}: ${specifier} in pure code`);
    const report = (what: string, start: number): void => {
      breaches.push(`${path}:${lineAt(text, start)}: ${what} in pure code; take it as a parameter`);
    };
    new Visitor({
      MemberExpression: ({ object, property, start }) => {
        const member = `${nameOf(object)}.${nameOf(property)}`;
        if (
          /^(Date\.now|Math\.random|performance\.now|crypto\..*|globalThis\.(crypto|setTimeout|setInterval))$/.test(
            member,
          )
        ) {
          report(member, start);
        }
      },
      CallExpression: ({ callee, start }) => {
        if (/^(setTimeout|setInterval|Date)$/.test(nameOf(callee))) report(`${nameOf(callee)}()`, start);
      },
      NewExpression: ({ callee, arguments: given, start }) => {
        if (nameOf(callee) === "Date" && given.length === 0) report("new Date()", start);
      },
    }).visit(program);
    return breaches;
  });

const sourcesByPackage = (files: FileMap): readonly { one: Package; sources: readonly Source[] }[] => {
  const sources = sourcesOf(files);
  return packagesBottomFirst(files).map((one) => ({
    one,
    sources: sources.filter(({ path }) => path.startsWith(`${one.folder}/`)),
  }));
};

/** The path a relative import leads to; undefined for a package. A query (`?worker`) is Vite's and no part of it. */
const targetOf = (path: string, { specifier }: Import): string | undefined =>
  specifier.startsWith(".") ? join(dirname(path), specifier.replace(/\?.*$/, "")) : undefined;

/** `@rockpool/model` of `@rockpool/model/x`, `idb` of `idb/y`, `vitest` of `vitest/node`. */
const packageNameOf = (specifier: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

const isConfig = (path: string): boolean => path.endsWith(".config.ts");

/** The name of an identifier; for anything else something no name equals. */
const nameOf = (node: { readonly type: string }): string =>
  "name" in node && typeof node.name === "string" ? node.name : "?";

const readManifest = (files: FileMap, path: string): Manifest =>
  JSON.parse(mustGetFile(files, path)) as Manifest;

const mustGetFile = (files: FileMap, path: string): string => {
  const text = files.get(path);
  if (text === undefined) throw new Error(`${path} is missing`);
  return text;
};
