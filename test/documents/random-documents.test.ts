/**
 * Documents against plain Yjs, at random: the first half of the runs, or those that are asked for.
 */
import { testSeeds } from "./random-documents-suite.ts";

const [first = 1, last = 250] = (process.env["ROCKPOOL_DOCUMENT_SEEDS"] ?? "1-250").split("-").map(Number);

testSeeds(first, last);
