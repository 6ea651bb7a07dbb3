/**
 * The app that is built from packed packages: it counts in a bucket how often its page was opened,
 * and shows the count, or what went wrong, as the page's title.
 */
import { type Kv, KvError } from "rockpool";

/** Reads, writes and reads back. `open` is given a bucket's name that no other page of the site uses. */
export const countVisits = async (open: (name: string) => Promise<Kv>): Promise<void> => {
  try {
    const kv = await open(`visits of ${location.pathname.replaceAll("/", " ")}`);
    const before = await kv.get<number>(["visits"]);
    const committed = await kv.set(["visits"], (before.value ?? 0) + 1);
    const after = await kv.get<number>(["visits"]);
    document.title = `${after.value} ${after.versionstamp === committed.versionstamp}`;
  } catch (error) {
    document.title = error instanceof KvError ? `${error.code}: ${error.message}` : String(error);
  }
};

/** Compiled, never run: a type that was lost on the way would be `any`, and nothing of this an error. */
export const misuse = async (kv: Kv): Promise<void> => {
  // @ts-expect-error a key is an array
  await kv.get("visits");
  const { value } = await kv.get<number>(["visits"]);
  // @ts-expect-error there may be no value
  value.toFixed();
  for await (const entries of kv.watch<[string]>([["a"]])) {
    // @ts-expect-error the value is a string, or null
    entries[0].value = 1;
  }
};
