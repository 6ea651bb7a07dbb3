/**
 * What an app asks of a feed of changes, checked and translated for the host.
 */
import type { ChangesRequest, FeedSelection } from "@rockpool/host";
import {
  isVersionstamp,
  packKey,
  packPattern,
  readKeysMax,
  resolveSelector,
  type Versionstamp,
} from "@rockpool/model";
import type { ChangesOptions, ChangesSelector } from "./changes.ts";

const includes: ReadonlySet<unknown> = new Set(["latest", "updates", "history"]);

/** @throws TypeError for a selector or option that is none, naming it */
export const changesRequest = (selector: ChangesSelector, options: ChangesOptions): ChangesRequest => {
  const { include = "latest", values = true, deletes = true, pending = false } = options;
  if (!includes.has(include)) {
    throw new TypeError(
      `include must be "latest", "updates" or "history": received ${JSON.stringify(include)}`,
    );
  }
  return {
    type: "changes",
    selection: selectionOf(selector),
    since: sinceOf(options.since),
    include,
    values,
    deletes,
    pending,
  };
};

const selectionOf = (selector: ChangesSelector): FeedSelection => {
  if (typeof selector === "object" && selector !== null) {
    if ("keys" in selector) return keysSelection(selector.keys);
    if ("pattern" in selector) return { type: "pattern", pattern: packPattern(selector.pattern) };
  }
  return { type: "range", range: resolveSelector(selector) };
};

const keysSelection = (keys: Extract<ChangesSelector, { keys: unknown }>["keys"]): FeedSelection => {
  if (!Array.isArray(keys) || keys.length > readKeysMax) {
    const received = Array.isArray(keys) ? `${keys.length} keys` : JSON.stringify(keys);
    throw new TypeError(`keys must be an array of at most ${readKeysMax} keys: received ${received}`);
  }
  return { type: "keys", keys: keys.map((key) => packKey(key)) };
};

const sinceOf = (since: string | undefined): Versionstamp | undefined => {
  if (since === undefined) return undefined;
  if (!isVersionstamp(since)) {
    throw new TypeError(
      `since must be the versionstamp of an item or a commit, 20 hex digits: received ${JSON.stringify(since)}`,
    );
  }
  return since.toLowerCase() as Versionstamp;
};
