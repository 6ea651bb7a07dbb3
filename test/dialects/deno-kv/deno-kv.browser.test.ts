/**
 * What Node shows of this dialect holds in a browser: every suite, over IndexedDB in a worker.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { Bed } from "./bed.ts";
import { describeCommits } from "./commits-suite.ts";
import { describeFace } from "./face-suite.ts";
import { describeKeys } from "./keys-suite.ts";
import { describeListing } from "./listing-suite.ts";
import { describeQueue } from "./queue-suite.ts";
import { describeValues } from "./values-suite.ts";
import { describeWatching } from "./watching-suite.ts";

describe("in a browser", () => {
  const bed = new Bed({ name: "alone", options: () => ({}) });
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());
  const suites = [describeFace, describeKeys, describeValues, describeCommits];
  for (const describeSuite of [...suites, describeListing, describeWatching, describeQueue])
    describeSuite(bed);
});
