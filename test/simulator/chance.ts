/**
 * Draws for a plan: the same seed gives the same ones.
 */
import { seededRandom } from "../fake-environment.ts";

/** Draws that depend on the seed alone. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** From [0, 1). */
  draw(): number {
    return this.#random();
  }

  /** From [min, max]. */
  between(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min + 1));
  }

  is(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)] as Item;
  }
}
