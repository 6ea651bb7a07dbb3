/**
 * How a bucket is kept, as an app asks for it when it opens it: written down once, for all tabs of the
 * device. What is not asked for stays as it is.
 */
import type { BucketSettings } from "@rockpool/log";
import type { ReplicaState } from "@rockpool/replica";
import type { Ledger } from "./ledger.ts";

/** Keeps the bucket as asked from here on; appends nothing when it is kept so already. */
export const takeSettings = async (ledger: Ledger, asked: Partial<BucketSettings>): Promise<void> => {
  if (changedSettings(ledger.state, asked) === undefined) return;
  await ledger.append((state) => {
    const settings = changedSettings(state, asked);
    return { row: settings && { type: "settings", settings }, result: undefined };
  });
};

const changedSettings = (
  { settings }: ReplicaState,
  asked: Partial<BucketSettings>,
): BucketSettings | undefined => {
  const changed = { ...settings, ...asked };
  const isSame = changed.history === settings.history && changed.expireInMs === settings.expireInMs;
  return isSame ? undefined : changed;
};
