/**
 * Asking the tab for tokens: one question at a time, answered once.
 */
import { KvError, packError } from "@rockpool/model";
import { expect, test } from "vitest";
import type { HostEvent } from "../host-api.ts";
import { TokenRequests } from "./token-requests.ts";

test("whoever asks while an answer is awaited shares it, and the next one is asked anew", async () => {
  const events: HostEvent[] = [];
  const requests = new TokenRequests((event) => events.push(event));
  const [one, other] = [requests.ask(), requests.ask()];
  expect(events).toEqual([{ type: "token", id: 1 }]);
  requests.answer(1, { ok: true, value: "t1" });
  expect(await Promise.all([one, other])).toEqual(["t1", "t1"]);
  const next = requests.ask();
  expect(events).toHaveLength(2);
  // A tab that answers a question twice does not answer the next one.
  requests.answer(1, { ok: true, value: "t1 again" });
  requests.answer(2, { ok: true, value: "t2" });
  expect(await next).toBe("t2");
});

test("what the app rejects with is what whoever asked gets", async () => {
  const requests = new TokenRequests(() => {});
  const asking = requests.ask();
  requests.answer(1, { ok: false, error: packError(new KvError("offline", "no network")) });
  await expect(asking).rejects.toMatchObject({ code: "offline", message: "no network" });
});
