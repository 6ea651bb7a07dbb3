/**
 * Plants a bug: modules of the code under test are changed as they are loaded. What is to be changed
 * must stand in its file exactly once, so that a mutant whose code has moved on fails loudly.
 */
import { registerHooks } from "node:module";
import type { Edit } from "./mutant.ts";
import { mutants } from "./mutants.ts";

/** From here on, modules are loaded with the mutant of this name; with none as they are. @throws Error for an unknown one */
export const plantMutant = (name: string | undefined): void => {
  if (name === undefined) return;
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const edits = mutant.edits.filter(({ file }) => url.endsWith(file));
      if (edits.length === 0) return loaded;
      const source = edits.reduce((text, edit) => edited(text, edit, name), String(loaded.source));
      return { ...loaded, source };
    },
  });
};

const edited = (source: string, { file, find, replace }: Edit, name: string): string => {
  const places = source.split(find).length - 1;
  if (places !== 1) throw new Error(`mutant "${name}": what it changes stands ${places} times in ${file}`);
  return source.replace(find, () => replace);
};
