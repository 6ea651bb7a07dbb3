/**
 * Two hosts on one log, on the logs that Node can hold. With a relay that is never reached all stays
 * pending and is moved by every checkpoint, so fewer commits say as much.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it sets the globals that idb knows transactions and requests by
import "fake-indexeddb/auto";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { describeTwoHosts } from "./two-hosts-suite.ts";

describeTwoHosts(
  "memory",
  () => {
    const storage = new MemoryStorage();
    return { openLog: () => openMemoryLog(storage) };
  },
  [
    { commits: 10_000, hasRelay: false },
    { commits: 600, hasRelay: true },
  ],
);

let databases = 0;

describeTwoHosts(
  "fake-indexeddb",
  () => {
    const name = `two-hosts-${(databases += 1)}`;
    return { openLog: () => openIdbLog(name) };
  },
  [
    { commits: 1000, hasRelay: false },
    { commits: 200, hasRelay: true },
  ],
);
