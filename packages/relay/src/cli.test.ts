/**
 * The program as people run it: what it prints, what it refuses, and its backups.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openSqliteEngine } from "./sqlite-engine.ts";

const program = fileURLToPath(new URL("cli.ts", import.meta.url));

const run = (...args: readonly string[]): Promise<{ code: unknown; out: string; faults: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, out, faults) => {
      resolve({ code: error === null ? 0 : error.code, out, faults });
    });
  });

test("it tells its options, and refuses an address that others can reach without a secret", async () => {
  expect(await run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("--jwt-secret-file") });
  const folder = await mkdtemp(join(tmpdir(), "rockpool-"));
  const refused = await run("--host", "0.0.0.0", "--data", join(folder, "d.sqlite"));
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(JSON.parse(refused.faults)).toMatchObject({
    level: "error",
    message: expect.stringContaining("ROCKPOOL_JWT_SECRET"),
  });
  await rm(folder, { recursive: true });
});

test("it backs up and restores", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-"));
  const [data, backup] = [join(folder, "d.sqlite"), join(folder, "b.sqlite")];
  const engine = await openSqliteEngine(data);
  const { epoch } = await engine.openBucket("b");
  expect(await run("backup", backup, "--data", data)).toMatchObject({ code: 0, faults: "" });
  const refused = await run("restore", backup, "--data", data);
  expect(refused).toMatchObject({ code: 1, faults: expect.stringContaining("stop the relay first") });
  await engine.close();
  expect(await run("restore", backup, "--data", data)).toMatchObject({ code: 0, faults: "" });
  await using restored = await openSqliteEngine(data);
  expect(await restored.openBucket("b")).toMatchObject({ epochs: [{ epoch }, {}] });
  await restored.close();
  await rm(folder, { recursive: true });
});
