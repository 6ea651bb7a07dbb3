/**
 * A flush ends when the device has what the relay had, also when that is less than it was.
 */
import { expect, test } from "vitest";
import { MemoryStorage, openMemoryLog, type Row } from "@rockpool/log";
import { wholeBucket } from "@rockpool/model";
import { Ledger } from "../ledger.ts";
import { Flushes } from "./flushes.ts";

test("a flush that was told of a head in a history that is gone asks for the head again", async () => {
  const log = await openMemoryLog(new MemoryStorage());
  const { ledger } = await Ledger.open(log, { onRow: () => {}, onGap: () => {} }, () => 1);
  const append = (row: Row): Promise<unknown> => ledger.append(() => ({ row, result: undefined }));
  const welcomeTo = (epoch: string): Promise<unknown> =>
    append({ type: "session", epoch, scope: wholeBucket, clockOffsetMs: 0, reset: false });
  await append({ type: "attach", replica: "r" });
  await welcomeTo("e1");
  const probed: number[] = [];
  const environment = { setTimer: () => () => {} };
  const flushes = new Flushes({ ledger, environment, host: "abcdef", probe: (id) => probed.push(id) });
  let isFlushed = false;
  const flushed = flushes.add().then(() => (isFlushed = true));
  const [id = 0] = probed;
  flushes.onHead(id, 20);
  await welcomeTo("e2");
  flushes.onRow();
  expect(probed).toEqual([id, id]);
  flushes.onRow();
  expect([probed.length, isFlushed]).toEqual([2, false]);
  flushes.onHead(id, 0);
  await flushed;
});
