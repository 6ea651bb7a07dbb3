/**
 * Own commits that the document's feed has not shown yet. It may tell of one before its own tab hears that it
 * was made.
 */
interface UnseenCommit {
  readonly versionstamp: string;
  readonly update: Uint8Array;
}

export class UnseenCommits {
  readonly #onOutrun: () => void;
  #commits: readonly UnseenCommit[] = [];
  #seenUpTo = "";
  #wholeUpTo = "";

  /** `onOutrun`: what the feed gave as a whole was compared as if a commit were still to come that was in it, or gone again. */
  constructor(onOutrun: () => void) {
    this.#onOutrun = onOutrun;
  }

  /** True when the feed has shown all. */
  get isEmpty(): boolean {
    return this.#commits.length === 0;
  }

  add(versionstamp: string, update: Uint8Array): void {
    if (versionstamp > this.#seenUpTo) this.#commits = [...this.#commits, { versionstamp, update }];
    if (versionstamp <= this.#wholeUpTo) this.#onOutrun();
  }

  /** The feed has shown all up to here. */
  seen(versionstamp: string, isWhole: boolean): void {
    this.#seenUpTo = versionstamp;
    if (isWhole) this.#wholeUpTo = versionstamp;
    this.#commits = this.#commits.filter((one) => one.versionstamp > versionstamp);
  }

  /** The updates of those that need not be in what stood at `versionstamp`, in order. */
  updatesAfter(versionstamp: string): readonly Uint8Array[] {
    return this.#commits.filter((one) => one.versionstamp > versionstamp).map(({ update }) => update);
  }

  clear(): void {
    this.#commits = [];
  }
}
