/**
 * What a device said of its commits while it made them, kept by the test and not by the device's store: which were
 * begun, which were acknowledged or refused, and what became of them.
 */
import type { JournalLine, MadeCommit, Settlement } from "./page/witness.ts";

/** A commit as the device told of it. */
export interface JournalCommit {
  readonly writer: string;
  readonly n: number;
  /** `begun` to the end: its tab died before it was answered. */
  readonly state: "begun" | "refused" | "acknowledged";
  readonly versionstamp: string | null;
  readonly settlement: Settlement | null;
}

export class Journal {
  /** By writer and number. */
  readonly commits: ReadonlyMap<string, JournalCommit>;
  readonly #commits: Map<string, JournalCommit>;
  readonly #finished: Set<string>;

  constructor(commits: Iterable<readonly [string, JournalCommit]> = [], finished: Iterable<string> = []) {
    this.#finished = new Set(finished);
    this.#commits = new Map(commits);
    this.commits = this.#commits;
  }

  /** How many commits were acknowledged. */
  get acknowledgedCount(): number {
    let count = 0;
    for (const { state } of this.#commits.values()) if (state === "acknowledged") count++;
    return count;
  }

  /** True for a commit that its tab may have begun just before it died, too late for a word of it to get out. */
  mayBeUnheard({ writer, n }: Pick<JournalCommit, "writer" | "n">): boolean {
    if (this.#finished.has(writer)) return false;
    const heard = [...this.#commits.values()].filter((commit) => commit.writer === writer);
    return heard.length > 0 && heard.every((commit) => commit.n < n);
  }

  /** Acknowledged commits of which nobody told yet what became of them. */
  get unsettled(): readonly MadeCommit[] {
    return [...this.#commits.values()].flatMap(({ writer, n, versionstamp, settlement }) =>
      versionstamp === null || settlement !== null ? [] : [{ writer, n, versionstamp }],
    );
  }

  note(line: JournalLine): void {
    const { writer, n } = line;
    if (line.type === "finished") {
      this.#finished.add(writer);
      return;
    }
    const name = nameOf(line);
    const before = this.#commits.get(name) ?? {
      writer,
      n,
      state: "begun",
      versionstamp: null,
      settlement: null,
    };
    switch (line.type) {
      case "begun":
        if (before.state !== "begun") throw new Error(`${name} is begun twice`);
        this.#commits.set(name, before);
        return;
      case "refused":
        this.#commits.set(name, { ...before, state: "refused" });
        return;
      case "acknowledged":
        this.#commits.set(name, { ...before, state: "acknowledged", versionstamp: line.versionstamp });
        return;
      case "settled":
        this.#commits.set(name, { ...before, settlement: line.settlement });
        return;
    }
  }

  /** The relay lost its history: what was told does not bind it. */
  forgetSettlements(): void {
    for (const [name, commit] of this.#commits) this.#commits.set(name, { ...commit, settlement: null });
  }

  /** What a copy of the device knows. */
  clone(): Journal {
    return new Journal(this.#commits, this.#finished);
  }
}

/** A commit's name in a journal. */
export const nameOf = ({ writer, n }: Pick<JournalCommit, "writer" | "n">): string => `${writer} ${n}`;
