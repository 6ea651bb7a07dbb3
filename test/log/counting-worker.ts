/**
 * A host in a worker: told a database and a number, it counts that often in its log, and answers
 * with the rows it knows then. What fails is answered as text.
 */
import { openIdbLog } from "@rockpool/log-idb";
import { CountingHost } from "./log-bed.ts";

export interface CountingTask {
  readonly databaseName: string;
  readonly increments: number;
}

const count = async ({ databaseName, increments }: CountingTask): Promise<number> => {
  const log = await openIdbLog(databaseName);
  const host = new CountingHost(log);
  for (let i = 0; i < increments; i++) await host.increment(i === 0 ? 1000 : undefined);
  await log.close();
  return host.rows.length;
};

addEventListener("message", ({ data }: MessageEvent<CountingTask>) => {
  count(data).then(postMessage, (cause: unknown) => postMessage(String(cause)));
});
