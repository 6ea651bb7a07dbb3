// The page for bundlers that know nothing of workers: the worker is part of the script.
// Its policy has to allow workers from blobs.
import { openKv } from "rockpool/inline";
import { countVisits } from "./visits.ts";

await countVisits((name) => openKv(name));
