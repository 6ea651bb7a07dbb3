/** The log in the IndexedDB of a real browser. */
import { openIdbLog } from "@rockpool/log-idb";
import { describeIdbFaults } from "./log/idb-fault-suite.ts";
import { describeLog } from "./log-conformance.ts";

const freshName = (): string => `log-${crypto.randomUUID()}`;

describeLog("IndexedDB", () => {
  const name = freshName();
  return { open: () => openIdbLog(name) };
});

describeIdbFaults("IndexedDB", freshName);
