/** The logs that Node can hold: in memory, and in an IndexedDB made of JavaScript. */
// oxlint-disable-next-line import/no-unassigned-import -- it sets the globals that idb knows transactions and requests by
import "fake-indexeddb/auto";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { describeIdbFaults } from "./log/idb-fault-suite.ts";
import { describeLog } from "./log-conformance.ts";

describeLog("memory", () => {
  const storage = new MemoryStorage();
  return { open: () => openMemoryLog(storage) };
});

let databases = 0;
const freshName = (): string => `log-${(databases += 1)}`;

describeLog("fake-indexeddb", () => {
  const name = freshName();
  return { open: () => openIdbLog(name) };
});

describeIdbFaults("fake-indexeddb", freshName);
