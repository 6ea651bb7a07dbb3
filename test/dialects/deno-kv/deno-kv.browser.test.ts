/**
 * What Node shows of this dialect holds in a browser, over IndexedDB in a worker: all suites but those of
 * names and of what is refused before the bucket is asked, which know no platform.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { Bed } from "./bed.ts";
import { describeCommits } from "./commits-suite.ts";
import { describeListing } from "./listing-suite.ts";
import { describeQueue } from "./queue-suite.ts";
import { describeValues } from "./values-suite.ts";
import { describeWatching } from "./watching-suite.ts";

describe("in a browser", () => {
  const bed = new Bed({ name: "alone", options: () => ({}) });
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());
  const suites = [describeValues, describeCommits, describeListing, describeWatching, describeQueue];
  for (const describeSuite of suites) describeSuite(bed);
});
