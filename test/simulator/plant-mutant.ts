/**
 * Plants a bug: a module of the code under test is changed as it is loaded. What is to be changed must
 * stand in the file exactly once, so that a mutant whose code has moved on fails loudly.
 */
import { registerHooks } from "node:module";
import { mutants } from "./mutants.ts";

/** From here on, modules are loaded with the mutant of this name; with none as they are. @throws Error for an unknown one */
export const plantMutant = (name: string | undefined): void => {
  if (name === undefined) return;
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(mutant.file)) return loaded;
      const source = String(loaded.source);
      const places = source.split(mutant.find).length - 1;
      if (places !== 1) {
        throw new Error(`mutant "${name}": what it changes stands ${places} times in ${mutant.file}`);
      }
      return { ...loaded, source: source.replace(mutant.find, () => mutant.replace) };
    },
  });
};
