/** Two hosts on one log in a real browser. */
import { openIdbLog } from "@rockpool/log-idb";
import { describeTwoHosts } from "./two-hosts-suite.ts";

describeTwoHosts(
  "IndexedDB",
  () => {
    const name = `two-hosts-${crypto.randomUUID()}`;
    return { openLog: () => openIdbLog(name), isRealPlatform: true };
  },
  [
    { commits: 500, hasRelay: false },
    { commits: 200, hasRelay: true },
  ],
);
