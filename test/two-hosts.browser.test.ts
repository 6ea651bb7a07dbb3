/**
 * Two hosts on one log in the IndexedDB of a real browser, where its readwrite transactions alone
 * give their commits an order.
 */
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
