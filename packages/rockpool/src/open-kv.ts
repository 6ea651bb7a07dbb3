/**
 * Opening a bucket where its files lie beside each other, as most bundlers leave them. The `new
 * Worker(new URL(…))` below must stay as it is: bundlers look for it, letter by letter.
 */
import type { Kv } from "./kv.ts";
import { connectHost, openBucket } from "./open-bucket.ts";
import type { OpenOptions } from "./open-options.ts";

/**
 * Opens the bucket `name`, making it when it is new. In Node, where there is no IndexedDB, the option
 * `folder` keeps it in a file; without it a bucket is in memory and shared by all that open its name in
 * the process. ":memory:" opens a bucket of the caller's own in memory, gone when it is closed.
 * @throws TypeError for a name or an option that cannot be; KvError "unavailable" | "newer-format" | "unsupported";
 * in a folder also "blocked" when another process has the bucket open, "corrupt" | "quota"
 */
export const openKv = (name = "default", options: OpenOptions = {}): Promise<Kv> =>
  openBucket(name, options, (open) => connectHost(open, options, startWorker));

const startWorker = (): Worker =>
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "rockpool" });
