/**
 * The worker that hosts a bucket for one tab: IndexedDB below, Comlink above. The page starts it and
 * asks for its end by `close`, never by terminating it while a write is under way.
 */
import { expose } from "comlink";
import { openIdbLog } from "@rockpool/log-idb";
import { platformEnvironment } from "./platform.ts";
import { serveHost } from "./serve.ts";

expose(
  serveHost({
    environment: platformEnvironment(),
    openLog: (database, onEnd) => openIdbLog(database, { onEnd }),
  }),
);
