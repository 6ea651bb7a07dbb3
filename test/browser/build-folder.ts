/**
 * Vitest's global setup for the tests that look at built pages: an empty folder for one run, which
 * all test files share and the first of them fills (built-site.ts). Runs without such a test pay nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly buildFolder: string;
  }
}

/** Makes the folder; what it returns takes the folder away after the run. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-build-"));
  project.provide("buildFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
};
