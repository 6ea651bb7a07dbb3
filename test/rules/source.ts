/**
 * The repository as its rules see it: a map from path to text, and what the parser says of a TypeScript file.
 * Rules take a map, so that a test can plant a breach in a file that exists in memory alone.
 */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { parseSync, Visitor, type ParseResult } from "vite";

/** Text by path from the top of the repository, with `/` between folders. */
export type FileMap = ReadonlyMap<string, string>;

/** An import as written: `static` (import, export from), `dynamic` (`import()`), `url` (`new URL(…, import.meta.url)`). */
export interface Import {
  readonly kind: "static" | "dynamic" | "url";
  readonly specifier: string;
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: ParseResult["program"];
  readonly comments: ParseResult["comments"];
  readonly imports: readonly Import[];
}

const foldersSkipped = new Set(["node_modules", "dist", ".git", ".rockpool", ".vite", ".vitest", "coverage"]);
const binaryExtensions = new Set([".png", ".ico", ".jpg", ".webp", ".woff2", ".wasm", ".sqlite", ".gz"]);

/** Reads every text file under `root` that a commit could hold. */
export const readRepository = (root: string, folder = ""): FileMap => {
  const files = new Map<string, string>();
  for (const item of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? item.name : `${folder}/${item.name}`;
    if (item.isDirectory() && !foldersSkipped.has(item.name)) {
      for (const [inner, text] of readRepository(root, path)) files.set(inner, text);
    } else if (item.isFile() && !binaryExtensions.has(extname(item.name))) {
      files.set(path, readFileSync(join(root, path), "utf8"));
    }
  }
  return files;
};

/** Tests, and what only tests use: suites that run against several implementations, arbitraries for fast-check. */
export const isTest = (path: string): boolean =>
  path.startsWith("test/") || /(\.(test|test-d|bench)|-(suite|arbitrary))\.tsx?$/.test(path);

/** The TypeScript files of a map, parsed. @throws Error when one does not parse: a rule must not pass over it. */
export const sourcesOf = (files: FileMap): readonly Source[] =>
  [...files].filter(([path]) => /\.(ts|mts|tsx)$/.test(path)).map(([path, text]) => parseSource(path, text));

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

const parsedByText = new Map<string, Source>();

const parseSource = (path: string, text: string): Source => {
  const known = parsedByText.get(`${path}\n${text}`);
  if (known !== undefined) return known;
  const { program, comments, errors, module } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const source = { path, text, program, comments, imports: importsOf(text, program, module) };
  parsedByText.set(`${path}\n${text}`, source);
  return source;
};

const importsOf = (text: string, program: Source["program"], module: ParseResult["module"]): Import[] => {
  const line = (offset: number): number => lineAt(text, offset);
  const imports: Import[] = module.staticImports.map(({ moduleRequest, start }) => ({
    kind: "static",
    specifier: moduleRequest.value,
    line: line(start),
  }));
  for (const { entries, start } of module.staticExports) {
    const specifier = entries.find((entry) => entry.moduleRequest)?.moduleRequest?.value;
    if (specifier !== undefined) imports.push({ kind: "static", specifier, line: line(start) });
  }
  new Visitor({
    ImportExpression: ({ source, start }) => {
      const specifier =
        source.type === "Literal" ? String(source.value) : text.slice(source.start, source.end);
      imports.push({ kind: "dynamic", specifier, line: line(start) });
    },
    TSImportType: ({ source, start }) => {
      imports.push({ kind: "static", specifier: source.value, line: line(start) });
    },
    NewExpression: ({ callee, arguments: [first], start }) => {
      const isUrl = callee.type === "Identifier" && callee.name === "URL";
      if (isUrl && first?.type === "Literal" && String(first.value).startsWith(".")) {
        imports.push({ kind: "url", specifier: String(first.value), line: line(start) });
      }
    },
  }).visit(program);
  return imports;
};
