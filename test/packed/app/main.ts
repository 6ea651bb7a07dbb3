// The page as most apps have it: the bundler finds the worker by itself, or leaves it beside the script.
// Asks for the storage to be kept, too.
import { openKv } from "rockpool";
import { countVisits } from "./visits.ts";

await countVisits((name) => openKv(name, { persist: true }));
