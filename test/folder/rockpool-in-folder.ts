/**
 * Stands in for `rockpool` in the test project "folder": whatever is opened by a name is in a folder, so
 * that suites written for a bucket in memory run on one in a file, word for word.
 */
import { type Kv, openKv as openKvAnywhere, type OpenOptions } from "rockpool";
import { inject } from "vitest";

export * from "rockpool";

export const openKv = (name?: string, options: OpenOptions = {}): Promise<Kv> =>
  openKvAnywhere(name, name === ":memory:" ? options : { folder: inject("dataFolder"), ...options });
