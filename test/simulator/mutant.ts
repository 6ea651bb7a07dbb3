/**
 * A planted bug: a change of the source, and a name that says what goes wrong.
 */

/** What is changed in a file; `find` stands in it once. */
export interface Edit {
  /** The end of the file's path. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export const mutant = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [{ file: `packages/${file}`, find, replace }],
});
