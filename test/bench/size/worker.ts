/**
 * The worker of the size benchmark: the ordinary host, which also makes checkpoints when it is told to.
 */
import { type Host, platformEnvironment, serveHost } from "@rockpool/host";
import { openIdbLog } from "@rockpool/log-idb";
import { expose } from "comlink";

let opened: Host | undefined;
const channel = new BroadcastChannel("size-benchmark");
channel.addEventListener("message", () => {
  void opened?.checkpoint().then(() => channel.postMessage("done"));
});

expose(
  serveHost({
    environment: platformEnvironment(),
    openLog: (database) => openIdbLog(database),
    onHost: (host) => {
      opened = host;
    },
  }),
);
