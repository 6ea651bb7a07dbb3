/**
 * The store on the logs that Node can hold: in memory often, on an IndexedDB made of JavaScript less.
 * A real one has store-model.browser.test.ts.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it sets the globals that idb knows transactions and requests by
import "fake-indexeddb/auto";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { describeStoreModel } from "./store-model-suite.ts";

describeStoreModel(
  "memory",
  () => {
    const storage = new MemoryStorage();
    return { openLog: () => openMemoryLog(storage) };
  },
  { runs: 100, commandsMax: 60, runMsMax: 5000 },
);

let databases = 0;

describeStoreModel(
  "fake-indexeddb",
  () => {
    const name = `store-model-${(databases += 1)}`;
    return { openLog: () => openIdbLog(name) };
  },
  { runs: 40, commandsMax: 50, runMsMax: 15_000 },
);
