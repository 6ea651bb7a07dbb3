// The page that starts a worker of its own, in which Rockpool runs beside whatever else the app does there.
// The worker's file is host-worker.ts.
import { openKv } from "rockpool";
import { countVisits } from "./visits.ts";

const worker = (): Worker => new Worker(new URL("./host-worker.ts", import.meta.url), { type: "module" });

await countVisits((name) => openKv(name, { worker }));
