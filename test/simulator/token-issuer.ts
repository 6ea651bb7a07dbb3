/**
 * Who issues the tokens of a run and says what they stand for: what the relay's owner would have beside
 * it. Rights stand in the token, as in a signed one, or are looked up at each question; a run does one
 * or the other.
 */
import { equalScopes, type Key, type Scope, unpackKey } from "@rockpool/model";
import { type Authenticate, UnauthorizedError } from "@rockpool/relay";
import type { PlannedRights } from "./actions.ts";
import { scopeOf } from "./draw-commit.ts";
import type { PlannedAccess } from "./plan.ts";

/** What a subject may do, as prefixes. */
export interface Rights {
  readonly read: Scope;
  readonly write: Scope;
}

interface Subject {
  readonly name: string;
  /** From the first to those in force. */
  readonly rights: Rights[];
  isBarred: boolean;
}

interface Token {
  readonly subject: Subject;
  /** As it was issued. */
  readonly rights: Rights;
  /** In ms since 1970; null: never. */
  readonly endMs: number | null;
  isWithdrawn: boolean;
}

export class TokenIssuer {
  readonly #planned: PlannedAccess;
  readonly #now: () => number;
  readonly #subjects: readonly Subject[];
  readonly #tokenByText = new Map<string, Token>();

  constructor(planned: PlannedAccess, now: () => number) {
    this.#planned = planned;
    this.#now = now;
    this.#subjects = planned.subjects.map((rights, index) => ({
      name: `subject ${index + 1}`,
      rights: [rightsOf(rights)],
      isBarred: false,
    }));
  }

  /** The name of a subject; indexes are taken modulo how many there are. */
  subject(index: number): string {
    return this.#subject(index).name;
  }

  issue(index: number): string {
    const subject = this.#subject(index);
    const { lifeMs } = this.#planned;
    const text = `token ${this.#tokenByText.size + 1}`;
    const endMs = lifeMs === null ? null : this.#now() + lifeMs;
    this.#tokenByText.set(text, { subject, rights: latestOf(subject), endMs, isWithdrawn: false });
    return text;
  }

  readonly authenticate: Authenticate = async (text = "") => {
    const token = this.#tokenByText.get(text);
    if (token === undefined || token.isWithdrawn || token.subject.isBarred) {
      throw new UnauthorizedError("the token was withdrawn");
    }
    const { read, write } = this.#rightsNow(token);
    const { subject, endMs } = token;
    return { subject: subject.name, read: keysOf(read), write: keysOf(write), expiresAt: endMs };
  };

  /** From here on a subject may do this; tokens that say what they stand for go on saying it. */
  change(index: number, rights: PlannedRights): void {
    this.#subject(index).rights.push(rightsOf(rights));
  }

  /** The tokens that a subject has hold no more. */
  withdraw(index: number): void {
    for (const token of this.#tokenByText.values()) {
      if (token.subject === this.#subject(index)) token.isWithdrawn = true;
    }
  }

  /** No token of the subject holds while it is barred. */
  bar(index: number, isBarred: boolean): void {
    this.#subject(index).isBarred = isBarred;
  }

  /** Only tokens that say what is in force are left. */
  heal(): void {
    for (const [index, subject] of this.#subjects.entries()) {
      subject.isBarred = false;
      if (this.#planned.carriesRights) this.withdraw(index);
    }
  }

  /** Whose token it is; undefined for one that was never issued. */
  subjectOf(text: string | undefined): string | undefined {
    return this.#tokenByText.get(text ?? "")?.subject.name;
  }

  /** What a token stands for now; undefined once it holds no more. */
  rightsOf(text: string): Rights | undefined {
    const token = this.#tokenByText.get(text);
    if (token === undefined || token.isWithdrawn || token.subject.isBarred) return undefined;
    return token.endMs !== null && token.endMs < this.#now() ? undefined : this.#rightsNow(token);
  }

  /** What a subject may read now. */
  readable(index: number): Scope {
    return latestOf(this.#subject(index)).read;
  }

  /** Each scope that a subject could read at some time. */
  readableEver(index: number): readonly Scope[] {
    return this.#subject(index).rights.map(({ read }) => read);
  }

  #subject(index: number): Subject {
    return this.#subjects[index % this.#subjects.length] as Subject;
  }

  #rightsNow({ subject, rights }: Token): Rights {
    return this.#planned.carriesRights ? rights : latestOf(subject);
  }
}

export const equalRights = (one: Rights, other: Rights): boolean =>
  equalScopes(one.read, other.read) && equalScopes(one.write, other.write);

const rightsOf = ({ read, write }: PlannedRights): Rights => ({ read: scopeOf(read), write: scopeOf(write) });

const latestOf = ({ rights }: Subject): Rights => rights.at(-1) as Rights;

const keysOf = (scope: Scope): readonly Key[] => scope.map((prefix) => unpackKey(prefix));
