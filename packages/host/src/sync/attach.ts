/**
 * Attaching a bucket to its relay, the first time it is opened with one.
 */
import { KvError, type PackedRange, packKey } from "@rockpool/model";
import { listEntries } from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import type { Ledger } from "../ledger.ts";

const everything: PackedRange = {
  start: packKey([]),
  end: "\xff" as PackedRange["end"],
  common: packKey([]),
};

/** Gives the bucket its replica id, unless it has one. @throws KvError "unsupported" */
export const attachRelay = async (
  ledger: Ledger,
  environment: Pick<HostEnvironment, "drawId">,
  bucket: string,
): Promise<void> => {
  const replica = environment.drawId();
  await ledger.append((state, pages) => {
    if (state.replica !== null) return { row: undefined, result: undefined };
    if (listEntries(state, pages, everything, 1, false, ({ value }) => value !== undefined).length > 0) {
      throw new KvError(
        "unsupported",
        `the bucket "${bucket}" holds entries written without a relay, which cannot be handed to one yet; open it without the option relay, or use another name`,
      );
    }
    return { row: { type: "attach", replica }, result: undefined };
  });
};
