/**
 * The suite that every Log passes, whatever it is kept in. `createBed` makes the storage of a new
 * device; each test opens hosts on one of its own.
 */
import { describe } from "vitest";
import { describeAppend, describePositions, describeRead } from "./log/append-suite.ts";
import { describeCheckpoint, describePages, describeStart } from "./log/checkpoint-suite.ts";
import { describeClose } from "./log/close-suite.ts";
import { describeGenerations } from "./log/generation-suite.ts";
import type { CreateBed } from "./log/log-bed.ts";
import { describeRoom } from "./log/room-suite.ts";
import { describePagesByTime, describeVersions } from "./log/versions-suite.ts";

export const describeLog = (name: string, createBed: CreateBed): void => {
  describe(`log: ${name}`, () => {
    describeAppend(createBed);
    describePositions(createBed);
    describeRead(createBed);
    describeCheckpoint(createBed);
    describePages(createBed);
    describeStart(createBed);
    describeVersions(createBed);
    describePagesByTime(createBed);
    describeGenerations(createBed);
    describeRoom(createBed);
    describeClose(createBed);
  });
};
