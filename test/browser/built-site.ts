/**
 * The pages under test, built by Vite as they are for people, once in a run. Two test files that come
 * first at the same time both build; the one that is done first wins, and nobody waits for anybody.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { inject } from "vitest";

/**
 * `board`: the demo. `tally`: a page that writes and counts (page/tally.ts). `generations`: one for the tests that kill
 * browsers (../crash/page/generations.ts). `witness`: one that says what became of each commit
 * (../browser-sync/page/witness.ts). `writer`: one that edits a document (../documents-wire/page/writer.ts).
 */
export type SiteName = "board" | "tally" | "generations" | "witness" | "writer";

const rootByName: Readonly<Record<SiteName, string>> = {
  board: dirname(createRequire(import.meta.url).resolve("@rockpool/board/package.json")),
  tally: fileURLToPath(new URL("page", import.meta.url)),
  generations: fileURLToPath(new URL("../crash/page", import.meta.url)),
  witness: fileURLToPath(new URL("../browser-sync/page", import.meta.url)),
  writer: fileURLToPath(new URL("../documents-wire/page", import.meta.url)),
};

/** The folder with the built site. */
export const buildSite = async (name: SiteName): Promise<string> => {
  const buildFolder = inject("buildFolder");
  const site = join(buildFolder, name);
  if (existsSync(site)) return site;
  const outDir = await mkdtemp(join(buildFolder, "building-"));
  await build({
    root: rootByName[name],
    logLevel: "warn",
    worker: { format: "es" },
    build: { outDir, emptyOutDir: true, target: "es2024" },
  });
  try {
    await rename(outDir, site);
  } catch (error) {
    if (!existsSync(site)) throw error;
    // Another test file was quicker.
    await rm(outDir, { recursive: true });
  }
  return site;
};
