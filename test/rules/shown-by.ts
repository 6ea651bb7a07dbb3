/**
 * Tables in the documentation whose last column names what shows a row to be true: their rows, and
 * whether a test of that title is there.
 */
import { fileURLToPath } from "node:url";
import { isTest, readRepository, type FileMap } from "./source.ts";

/** The repository, as it stands. */
export const repository: FileMap = readRepository(
  fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, ""),
);

/** The cells of every row of a file's tables, without their heads and the lines under them. */
export const rowsOf = (path: string): readonly (readonly string[])[] => {
  const lines = (repository.get(path) ?? "").split("\n").filter((line) => line.startsWith("| "));
  const rows = lines.map((line) => line.replace(/^\| | \|$/g, "").split(" | "));
  return rows.filter((cells) => cells.at(-1) !== "shown by");
};

/** Finds tests by their whole title, among those whose paths begin with `folder`. */
export const testFinder = (folder = ""): ((title: string) => boolean) => {
  const texts = [...repository]
    .filter(([path]) => path.startsWith(folder) && path.endsWith(".ts") && isTest(path))
    .map(([, text]) => text.replaceAll(/\(\s+"/g, '("').replaceAll(/",\s+/g, '", '));
  return (title) => {
    // Behind `test` itself, or behind the table of `test.each`.
    const calls = [`test(${JSON.stringify(title)}, `, `)(${JSON.stringify(title)}, `];
    return texts.some((text) => calls.some((call) => text.includes(call)));
  };
};
