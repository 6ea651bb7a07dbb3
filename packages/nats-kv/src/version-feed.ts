/**
 * The versions of a bucket's messages, from those that stand to each that is made, in whatever tab or
 * device: Rockpool's feed of a history, with what came before its end mark gathered.
 */
import type { ChangeItem, ChangesSelector, Kv, KvVersion } from "rockpool";

type Item = ChangeItem<unknown, KvVersion<unknown>>;

export class VersionFeed {
  readonly #reader: ReadableStreamDefaultReader<Item>;

  private constructor(reader: ReadableStreamDefaultReader<Item>) {
    this.#reader = reader;
  }

  /** "all": begins with what stands. "end": with what comes next. */
  static async open(kv: Kv, selector: ChangesSelector, begin: "all" | "end"): Promise<VersionFeed> {
    const since = begin === "all" ? {} : { since: await endOf(kv, selector) };
    return new VersionFeed(kv.changes(selector, { include: "history", ...since }).getReader());
  }

  /** All that stands, oldest first, each version once; what follows is given by `next`. */
  async initial(): Promise<readonly KvVersion<unknown>[]> {
    const versionById = new Map<string, KvVersion<unknown>>();
    for (;;) {
      const { value: item } = await this.#reader.read();
      if (item === undefined || item.type === "ready") {
        return [...versionById.values()].toSorted(byVersionstamp);
      }
      if (item.type === "reset") versionById.clear();
      else for (const version of item.entries) versionById.set(idOf(version), version);
    }
  }

  /**
   * What was made since, oldest first; undefined when the Rockpool bucket is closed. `isReset`: everything
   * was replaced at once, and this is all that stands now. Rejects when the bucket is gone.
   */
  async next(): Promise<
    { readonly versions: readonly KvVersion<unknown>[]; readonly isReset: boolean } | undefined
  > {
    for (;;) {
      const { value: item } = await this.#reader.read();
      if (item === undefined) return undefined;
      if (item.type === "reset") return { versions: await this.initial(), isReset: true };
      if (item.type === "update") return { versions: item.entries.toSorted(byVersionstamp), isReset: false };
    }
  }

  /** Ends it; harmless when it has ended. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {
      // A feed that failed has told so in `next`; there is nothing left to end.
    });
  }
}

/** The versions of each key, oldest first. */
export const groupByKey = (
  versions: readonly KvVersion<unknown>[],
): Iterable<readonly KvVersion<unknown>[]> => Map.groupBy(versions, ({ key }) => key.join(".")).values();

/** The versionstamp up to which all was made by now; 20 zeros where nothing was. */
const endOf = async (kv: Kv, selector: ChangesSelector): Promise<string> => {
  const reader = kv.changes(selector, { include: "updates", values: false }).getReader();
  const { value: ready } = await reader.read();
  await reader.cancel();
  return ready?.versionstamp ?? "0".repeat(20);
};

const idOf = ({ key, versionstamp }: KvVersion<unknown>): string => `${versionstamp} ${key.join(".")}`;

const byVersionstamp = (one: KvVersion<unknown>, other: KvVersion<unknown>): number =>
  one.versionstamp < other.versionstamp ? -1 : one.versionstamp > other.versionstamp ? 1 : 0;
