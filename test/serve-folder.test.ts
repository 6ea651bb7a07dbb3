/**
 * The server behind `npm start`: what it serves, with which headers, and what it refuses to know.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveFolder, type FolderServer } from "../scripts/serve-folder.ts";

let outside: string;
let server: FolderServer;

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), "rockpool-serve-"));
  const folder = join(outside, "site");
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(outside, "secret.txt"), "secret");
  writeFileSync(join(folder, "index.html"), "<h1>board</h1>");
  writeFileSync(join(folder, "sw.js"), "self.oninstall = null;");
  writeFileSync(join(folder, "assets", "app-1a2b.js"), "export {};");
  symlinkSync(join(outside, "secret.txt"), join(folder, "link.txt"));
  server = await serveFolder(folder, "127.0.0.1", 0);
});

afterAll(async () => {
  await server.close();
  await server.close();
  rmSync(outside, { recursive: true, force: true });
});

test("the folder's address serves its index.html, never kept by the browser", async () => {
  const response = await fetch(`${server.url}/?relay=x`);
  expect(await response.text()).toBe("<h1>board</h1>");
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-cache");
});

test("the service worker is JavaScript and is asked for again each time", async () => {
  const { headers } = await fetch(`${server.url}/sw.js`);
  expect(headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-cache");
});

test("an asset named by its content is kept for good", async () => {
  const { headers } = await fetch(`${server.url}/assets/app-1a2b.js`);
  expect(headers.get("cache-control")).toContain("immutable");
});

test.each(["/missing.js", "/assets", "/assets/", "/%zz", "/link.txt", "/%00"])(
  "%s is not there",
  async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404);
  },
);

test.each([
  "/../secret.txt",
  "/..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "//etc/passwd",
])("%s leads nowhere", async (path) => {
  expect(await statusOfRawPath(path)).toBe(404);
});

test("nothing can be posted", async () => {
  expect((await fetch(server.url, { method: "POST", body: "x" })).status).toBe(405);
});

/** Asks for the path as it stands: fetch would resolve its dots first. */
const statusOfRawPath = (path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
