/**
 * The store in a real browser, on its IndexedDB and with its locks and channels. The clock is the
 * test's, and tabs are closed, not killed: they share a page.
 */
import { openIdbLog } from "@rockpool/log-idb";
import { describeStoreModel } from "./store-model-suite.ts";

describeStoreModel(
  "IndexedDB",
  () => {
    const name = `store-model-${crypto.randomUUID()}`;
    return { openLog: () => openIdbLog(name), isRealPlatform: true };
  },
  { runs: 20, commandsMax: 40, runMsMax: 15_000 },
);
