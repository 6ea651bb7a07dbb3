/**
 * Pages are found for the checkpoint that a state is at, though another host makes one meanwhile.
 */
import { expect, test } from "vitest";
import { type PackedKey, zeroVersionstamp } from "@rockpool/model";
import { ReplicaState } from "@rockpool/replica";
import { findChangedPages } from "./changed-pages.ts";

const stateAt = (checkpoint: number): ReplicaState =>
  Object.assign(new ReplicaState(undefined), { checkpoint });

test("asks again when a checkpoint came between the question and the answer's use", async () => {
  const asked: number[] = [];
  const ledger = {
    state: stateAt(1),
    catchUp: async () => {
      if (asked.length === 1) ledger.state = stateAt(2);
    },
  };
  const pagesChangedSince = async (): Promise<readonly PackedKey[]> => {
    asked.push(ledger.state.checkpoint);
    return [String(ledger.state.checkpoint) as PackedKey];
  };
  const found = await findChangedPages({ pagesChangedSince }, ledger, zeroVersionstamp);
  expect(asked).toEqual([1, 2]);
  expect(found).toEqual({ checkpoint: 2, firsts: new Set(["2"]) });
});
