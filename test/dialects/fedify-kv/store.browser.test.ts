/**
 * What Node shows of Fedify's store holds in a browser, over IndexedDB in a worker.
 */
import { describe } from "vitest";
import { describeStore } from "./store-suite.ts";

describe("in a browser", () => {
  describeStore({ options: () => ({}) });
});
