/**
 * Planted bugs, each a change of the source: the simulator must catch every one. The names say what
 * goes wrong.
 */

export interface Mutant {
  readonly name: string;
  /** The end of the path of the file that is changed. */
  readonly file: string;
  /** Stands in the file once. */
  readonly find: string;
  readonly replace: string;
}

export const mutants: readonly Mutant[] = [];
