/**
 * Deno KV's behaviour, row by row, in every place: alone on a device, and as a replica beside another one.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { places } from "../places.ts";
import { Bed } from "./bed.ts";
import { describeCommits } from "./commits-suite.ts";
import { describeFace } from "./face-suite.ts";
import { describeKeys } from "./keys-suite.ts";
import { describeListing } from "./listing-suite.ts";
import { describeQueue } from "./queue-suite.ts";
import { describeValues } from "./values-suite.ts";
import { describeWatching } from "./watching-suite.ts";

describe.each(places)("$name", (place) => {
  const bed = new Bed(place);
  beforeAll(async () => {
    await place.start();
    await bed.start();
  });
  afterAll(async () => {
    bed.stop();
    await place.stop();
  });
  const judged = [describeFace, describeKeys, describeValues, describeCommits];
  for (const describeSuite of [...judged, describeListing, describeWatching, describeQueue]) {
    describeSuite(bed);
  }
});
