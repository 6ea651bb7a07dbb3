// Builds every package into its dist/ folder, and packs each into a tarball in dist/ at the top, as `npm publish
// packages/<name>/dist` would send it.
import { mkdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPackages, packPackages } from "./build-packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "dist");

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
const packages = await buildPackages((folder) => join(root, "packages", folder, "dist"));
for (const file of packPackages(packages, target)) {
  console.log(`${(statSync(file).size / 1024).toFixed(1).padStart(7)} KiB  ${basename(file)}`);
}
