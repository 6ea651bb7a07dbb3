/**
 * Messages outlive the process that held them: it is killed in the middle of its handler, and the next
 * one that opens the folder gets them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openKv } from "@rockpool/deno-kv";
import { expect, onTestFinished, test } from "vitest";

test("1.12 restart: a process that is killed in its handler leaves its messages to the next one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-queue-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const program = fileURLToPath(new URL("queue-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  expect(text.toString()).toMatch(/^survives\n/);
  child.kill("SIGKILL");
  await once(child, "exit");
  using kv = await openKv("queue", { folder });
  expect((await kv.get(["sent"])).value).toBe(true);
  const given: unknown[] = [];
  void kv.listenQueue((value: unknown) => {
    given.push(value);
  });
  await expect.poll(() => given.toSorted(), { timeout: 10_000 }).toEqual(["later", "survives"]);
});
