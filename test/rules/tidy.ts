/**
 * The habits of this code that a machine can check, as rules. Each takes the files of the repository and returns its
 * breaches, one sentence each, with what to do about it.
 */
import { basename } from "node:path/posix";
import { Visitor } from "vite";
import { isTest, lineAt, sourcesOf, type FileMap, type Source } from "./source.ts";

/** Longest source file and longest test, in lines: a longer one asks for its second noun. */
const sourceLinesMax = 300;
const testLinesMax = 500;

/** Most lines of text a header has, and the fewest lines it takes up; a list of exports is told in one. */
const headerLinesMax = 8;
const headerLinesMin = (path: string): number => (basename(path) === "index.ts" ? 1 : 2);

/** Names that say nothing, so that everything fits into them. */
const emptyNames = new Set([
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "misc",
  "types",
  "manager",
  "shared",
]);

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** Programs and examples talk to a person by the console; packages do not. */
const mayPrint = (path: string): boolean =>
  /^(scripts|apps)\/|^packages\/relay\/src\/cli\.ts$|^test\/dialects\/[^/]+\/example[^/]*\.ts$/.test(path);

/** A file opens with a comment that says what it is. */
export const findMissingHeaders = (files: FileMap): readonly string[] =>
  sourcesOf(files).flatMap(({ path, text }) => {
    const header = /^(?:#!.*\n)?(\/\*\*[^]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[1];
    if (header === undefined) return [`${path}: opens without a header comment`];
    const lines = header.trimEnd().split("\n");
    const textLines = lines.filter((line) => /[^\s/*]/.test(line));
    return lines.length < headerLinesMin(path) || textLines.length > headerLinesMax
      ? [`${path}: its header has ${lines.length} lines, not ${headerLinesMin(path)} to ${headerLinesMax}`]
      : [];
  });

export const findLongFiles = (files: FileMap): readonly string[] =>
  sourcesOf(files).flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length;
    const linesMax = isTest(path) ? testLinesMax : sourceLinesMax;
    return lines > linesMax ? [`${path}: ${lines} lines, more than ${linesMax}; split it by its nouns`] : [];
  });

/** File and folder names are kebab-case nouns that say something. */
export const findPoorNames = (files: FileMap): readonly string[] =>
  sourcesOf(files).flatMap(({ path }) =>
    path.split("/").flatMap((name) => {
      if (!kebabCase.test(name)) return [`${path}: "${name}" is not kebab-case`];
      const noun = basename(name).split(".")[0] ?? "";
      return emptyNames.has(noun) ? [`${path}: "${noun}" names nothing; say what is in it`] : [];
    }),
  );

/** `any` and @ts-ignore switch the type checker off; @ts-expect-error, in tests, checks that it is on. */
export const findUntypedCode = (files: FileMap): readonly string[] =>
  sourcesOf(files).flatMap((source) => {
    const breaches: string[] = [];
    new Visitor({
      TSAnyKeyword: ({ start }) => void breaches.push(`${at(source, start)}: any; use unknown and a guard`),
    }).visit(source.program);
    for (const { value, start } of source.comments) {
      const directive = /^\s*@ts-(ignore|nocheck|expect-error)/.exec(value)?.[1];
      if (directive !== undefined && !(directive === "expect-error" && isTest(source.path))) {
        breaches.push(`${at(source, start)}: @ts-${directive}; mend the type`);
      }
    }
    return breaches;
  });

export const findConsole = (files: FileMap): readonly string[] =>
  sourcesOf(files)
    .filter(({ path }) => !mayPrint(path))
    .flatMap((source) =>
      findMembers(source, /^console\./).map(
        ({ start }) => `${at(source, start)}: console; return it or throw it`,
      ),
    );

/** A catch rethrows, translates, or says in a comment why nothing is to be done. */
export const findEmptyCatches = (files: FileMap): readonly string[] =>
  sourcesOf(files).flatMap((source) => {
    const breaches: string[] = [];
    new Visitor({
      CatchClause: ({ body, start }) => {
        const isExplained = source.comments.some(
          (comment) => comment.start > body.start && comment.end < body.end,
        );
        if (body.body.length > 0 || isExplained) return;
        breaches.push(`${at(source, start)}: a catch without a word`);
      },
    }).visit(source.program);
    return breaches;
  });

/** `only` makes a suite green by not running it; a skip carries its reason in a comment right above or beside it. */
export const findUnrunTests = (files: FileMap): readonly string[] =>
  sourcesOf(files)
    .filter(({ path }) => isTest(path))
    .flatMap((source) => {
      const commentLines = new Set(source.comments.map(({ end }) => lineAt(source.text, end)));
      const hasReason = (line: number): boolean => commentLines.has(line) || commentLines.has(line - 1);
      return findMembers(source, /^(test|it|describe)\.(only|skip|skipIf|runIf|todo|fails)$/).flatMap(
        ({ name, start }) =>
          name.endsWith(".only") || !hasReason(lineAt(source.text, start))
            ? [
                `${at(source, start)}: ${name}${name.endsWith(".only") ? "" : " without a comment that says why"}`,
              ]
            : [],
      );
    });

/** Nothing committed knows the machine it was written on. */
export const findMachinePaths = (files: FileMap): readonly string[] =>
  findInText(files, /(?<![\w.~*$}\])-])\/(?:work|root|home|Users)\/\w/, "names a path of one machine");

/** The lockfile works with any registry, and so does everything else. */
export const findRegistryHosts = (files: FileMap): readonly string[] =>
  findInText(
    files,
    /\bregistry\.\w+\.\w+|\btarball: ?https?:|"resolved": ?"https?:/,
    "names the host of a registry",
  );

const findInText = (files: FileMap, pattern: RegExp, what: string): readonly string[] =>
  [...files].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${what}`] : [])),
  );

const findMembers = ({ program }: Source, pattern: RegExp): readonly { name: string; start: number }[] => {
  const members: { name: string; start: number }[] = [];
  new Visitor({
    MemberExpression: ({ object, property, start }) => {
      const name = "name" in object && "name" in property ? `${object.name}.${property.name}` : "";
      if (pattern.test(name)) members.push({ name, start });
    },
  }).visit(program);
  return members;
};

const at = ({ path, text }: Source, start: number): string => `${path}:${lineAt(text, start)}`;
