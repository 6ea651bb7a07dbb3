/**
 * Makes the folder that keeps the buckets of the test project "folder", and removes it when all tests
 * are over. Vitest's global setup.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly dataFolder: string;
  }
}

/** The result removes it again. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-data-"));
  project.provide("dataFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
};
