/**
 * Where a host runs and a bucket is kept, by what the browser says of itself.
 */
import { expect, test } from "vitest";
import { engineOn, type Platform, placementOn } from "./place.ts";

const page: Platform = { hasWorker: true, hasIndexedDb: true, isBrowser: true, userAgent: "" };

const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  ["Safari", `${mac} Version/18.0 Safari/605.1.15`, "main"],
  ["Safari on iOS", `${iphone} Version/18.0 Mobile/15E148 Safari/604.1`, "main"],
  ["Chrome on iOS, which is WebKit", `${iphone} CriOS/130.0.0.0 Mobile/15E148 Safari/604.1`, "main"],
  [
    "WebKitGTK",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "main",
  ],
  ["Chrome", `${linux} Chrome/130.0.0.0 Safari/537.36`, "worker"],
  ["headless Chrome", `${linux} HeadlessChrome/130.0.0.0 Safari/537.36`, "worker"],
  ["Edge", `${linux} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0`, "worker"],
  ["Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "worker"],
])("auto runs the host of %s where it is safe", (_name, userAgent, expected) => {
  expect(placementOn("auto", { ...page, userAgent })).toBe(expected);
  expect(placementOn("worker", { ...page, userAgent })).toBe("worker");
  expect(placementOn("main", { ...page, userAgent })).toBe("main");
});

test("auto needs a worker, and IndexedDB in it", () => {
  expect(placementOn("auto", { ...page, hasWorker: false })).toBe("main");
  expect(placementOn("auto", { ...page, hasIndexedDb: false })).toBe("main");
});

test("memory keeps buckets outside a browser alone", () => {
  expect(engineOn(page)).toBe("indexeddb");
  expect(engineOn({ ...page, isBrowser: false, hasIndexedDb: false })).toBe("memory");
  expect(() => engineOn({ ...page, hasIndexedDb: false })).toThrow(
    expect.objectContaining({ name: "KvError", code: "unavailable" }),
  );
});
