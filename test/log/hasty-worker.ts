/**
 * A host in a worker that appends one row and does not wait for it: it says so in the same task, and
 * is ended by whoever hears of it.
 */
import { openIdbLog } from "@rockpool/log-idb";
import type { Position } from "@rockpool/model";
import { appendOf } from "./log-bed.ts";

export interface HastyTask {
  readonly databaseName: string;
  readonly tail: Position;
  readonly count: number;
}

addEventListener("message", async ({ data }: MessageEvent<HastyTask>) => {
  const log = await openIdbLog(data.databaseName);
  void log.append(data.tail, appendOf(data.count));
  // The request and the commit are sent some microtasks after the call.
  for (let i = 0; i < 50; i++) await Promise.resolve();
  postMessage("called");
});
