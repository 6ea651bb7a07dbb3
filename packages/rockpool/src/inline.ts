/**
 * `rockpool/inline`: the worker is carried as text and started from a blob, for bundlers that leave
 * `new URL(…, import.meta.url)` alone and for pages that load Rockpool from another origin. A page
 * with a content security policy has to allow `worker-src blob:`.
 */
import type { Kv } from "./kv.ts";
import { connectHost, openBucket } from "./open-bucket.ts";
import type { OpenOptions } from "./open-options.ts";
import { workerText } from "./worker-text.ts";

/** As `openKv` of `rockpool`. @throws as that */
export const openKv = (name = "default", options: Omit<OpenOptions, "worker"> = {}): Promise<Kv> =>
  openBucket(name, options, (open) => connectHost(open, options, startWorker));

/** Made once and kept: a worker may fetch its script after it was started. */
let address: string | undefined;

const startWorker = (): Worker => {
  address ??= URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
  return new Worker(address, { type: "module", name: "rockpool" });
};
