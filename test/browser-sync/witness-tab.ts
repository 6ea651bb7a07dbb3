/**
 * A tab that runs the witness, whose journal the test keeps.
 */
import { BrowserTab, type TabAddress } from "../crash/browser-tab.ts";
import type { Journal } from "./journal.ts";
import type { JournalLine, Witness } from "./page/witness.ts";

export class WitnessTab extends BrowserTab {
  readonly journal: Journal;

  constructor(address: TabAddress, journal: Journal) {
    super(address, "journal");
    this.journal = journal;
  }

  /** Calls what the page offers. */
  async call<Name extends keyof Witness>(
    name: Name,
    ...args: Parameters<Witness[Name]>
  ): Promise<Awaited<ReturnType<Witness[Name]>>> {
    const expression = `witness.${name}(...${JSON.stringify(args)})`;
    return (await this.evaluate(expression)) as Awaited<ReturnType<Witness[Name]>>;
  }

  /** Waits until the device has so many commits acknowledged. @throws Error when the page fails */
  async untilAcknowledged(count: number): Promise<void> {
    if (this.journal.acknowledgedCount < count) {
      await this.until(() => this.journal.acknowledgedCount >= count);
    }
  }

  protected override hear(said: string): void {
    this.journal.note(JSON.parse(said) as JournalLine);
  }
}
