/**
 * `rockpool/main`: everything on the caller's own thread, for pages that cannot have a worker and for
 * Node. A long list or a big commit holds up the page.
 */
import type { Kv } from "./kv.ts";
import { connectThread, openBucket } from "./open-bucket.ts";
import type { OpenOptions } from "./open-options.ts";
import { createMainHost } from "./thread-host.ts";

/** As `openKv` of `rockpool`. @throws as that */
export const openKv = (
  name = "default",
  options: Omit<OpenOptions, "worker" | "placement"> = {},
): Promise<Kv> => openBucket(name, options, (open) => connectThread(open, options, createMainHost));
