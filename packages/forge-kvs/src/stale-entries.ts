/**
 * Index entries that queries met though their entity says otherwise: what a device left whose write of
 * the entity lost to another's. A reader must not delete them: a write that is still on its way from a
 * third device may make them true, and would then miss them. The next write of the entity may, since
 * every write sets all that it needs. Until then they are remembered here, and skipped by each query.
 */
import type { Key } from "rockpool";
import { nameOfKey } from "./key-layout.ts";

/** Entities of which stale entries are remembered; of others they are met again. */
const entitiesMax = 1000;

export class StaleEntries {
  readonly #entriesByPlace = new Map<string, Map<string, Key>>();

  add(place: Key, entry: Key): void {
    const name = nameOfKey(place);
    const entries = this.#entriesByPlace.get(name) ?? new Map<string, Key>();
    if (entries.size === 0 && this.#entriesByPlace.size >= entitiesMax) return;
    this.#entriesByPlace.set(name, entries.set(nameOfKey(entry), entry));
  }

  /** Those of one entity, which are forgotten: they are to be deleted. */
  take(place: Key): readonly Key[] {
    const name = nameOfKey(place);
    const entries = this.#entriesByPlace.get(name);
    this.#entriesByPlace.delete(name);
    return [...(entries?.values() ?? [])];
  }
}
