/**
 * What Rockpool builds on, seen in the browser under test. When one of these fails, no other browser test means much.
 */
import { expect, test } from "vitest";

test("the page is a secure context with IndexedDB, Web Locks and BroadcastChannel", () => {
  expect(isSecureContext).toBe(true);
  expect([typeof indexedDB, typeof navigator.locks, typeof BroadcastChannel]).toEqual([
    "object",
    "object",
    "function",
  ]);
});

test("a module worker starts and answers", async () => {
  const source = new Blob(["export {}; postMessage(typeof indexedDB)"], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(source), { type: "module" });
  const answer = await new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
    worker.addEventListener("error", reject, { once: true });
  });
  worker.terminate();
  expect(answer).toBe("object");
});
