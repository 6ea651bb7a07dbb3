/**
 * The program's arguments: what they ask for, and what is said of those that make no sense.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const settingsOf = (line: string, environment: Record<string, string> = {}) =>
  readSettings(line === "" ? [] : line.split(" "), environment);

test("without arguments it serves on loopback, without tokens", () => {
  expect(settingsOf("")).toEqual({
    command: "serve",
    host: "127.0.0.1",
    port: 8787,
    data: "rockpool.sqlite",
    jwt: undefined,
  });
});

test("a secret comes from a file, without its line break, or from the environment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-"));
  const file = join(folder, "secret");
  await writeFile(file, "s3cret\n");
  expect(settingsOf(`--jwt-secret-file ${file} --jwt-issuer me`)).toMatchObject({
    jwt: { secret: "s3cret", issuer: "me", audience: undefined },
  });
  expect(settingsOf("--jwt-audience app", { ROCKPOOL_JWT_SECRET: "s" })).toMatchObject({
    jwt: { secret: "s", audience: "app" },
  });
  expect(() => settingsOf(`--jwt-secret-file ${file}`, { ROCKPOOL_JWT_SECRET: "s" })).toThrow("leave one");
  await rm(folder, { recursive: true });
});

test("backup and restore name a file", () => {
  expect(settingsOf("backup b.sqlite --data d.sqlite")).toEqual({
    command: "backup",
    file: "b.sqlite",
    data: "d.sqlite",
  });
  expect(settingsOf("restore b.sqlite")).toMatchObject({ command: "restore", data: "rockpool.sqlite" });
});

test.each([
  ["--port 70000", "0 to 65535"],
  ["--port x", "0 to 65535"],
  ["--jwt-issuer me", "need a secret"],
  ["backup", "no command"],
  ["serve now", "no command"],
  ["backup a b", "no command"],
  ["--nothing", "nothing"],
])("%s is refused", (line, message) => {
  expect(() => settingsOf(line)).toThrow(message);
});
