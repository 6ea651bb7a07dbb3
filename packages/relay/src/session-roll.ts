/**
 * The sessions that were welcomed, by whom they are for: bounds how many one subject has, and finds
 * them when rights have changed.
 */
import type { SessionAccess } from "./session-access.ts";

export class SessionRoll {
  readonly #accesses = new Set<SessionAccess>();
  readonly #countBySubject = new Map<string, number>();

  add(access: SessionAccess): void {
    this.#accesses.add(access);
    this.#count(access, 1);
  }

  delete(access: SessionAccess): void {
    if (this.#accesses.delete(access)) this.#count(access, -1);
  }

  /** Sessions of a subject now; those without one are not counted. */
  countOf(subject: string | null): number {
    return subject === null ? 0 : (this.#countBySubject.get(subject) ?? 0);
  }

  /** Asks again what tokens stand for: those of one subject, or all. */
  async recheck(subject: string | undefined): Promise<void> {
    const asked = [...this.#accesses].filter((access) => subject === undefined || access.subject === subject);
    await Promise.all(asked.map((access) => access.recheck()));
  }

  #count({ subject }: SessionAccess, change: number): void {
    if (subject === null) return;
    const count = this.countOf(subject) + change;
    if (count > 0) this.#countBySubject.set(subject, count);
    else this.#countBySubject.delete(subject);
  }
}
