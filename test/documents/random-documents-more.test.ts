/**
 * Documents against plain Yjs, at random: the second half of the runs.
 */
import { testSeeds } from "./random-documents-suite.ts";

testSeeds(251, 500);
