// The page without a worker: everything on its own thread.
// Its policy allows no worker at all.
import { openKv } from "rockpool/main";
import { countVisits } from "./visits.ts";

await countVisits((name) => openKv(name));
