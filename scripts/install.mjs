// Installs the workspace with the one pnpm version it is tested with, and makes sure that `node` is then the Node
// of package.json. Plain JavaScript, run by whatever Node the machine has: everything after it is TypeScript, run by
// the Node that this step brings. package.json calls it in parentheses, which is a shell of its own: a shell remembers
// where it found `node`, and has to find another one afterwards.
import { spawnSync } from "node:child_process";

const pnpm = "pnpm@12.21.0";
const nodeMajorMin = 24;

const stop = (/** @type {string} */ message) => {
  console.error(`\n${message}\n`);
  process.exit(1);
};

// A shell, because npx and node are .cmd files on Windows; no argument comes from outside.
const install = spawnSync(`npx --yes ${pnpm} install`, { shell: true, stdio: "inherit" });
if (install.status !== 0) {
  stop(
    `Rockpool: "npx --yes ${pnpm} install" failed (its output is above).\n` +
      `If pnpm or a package could not be fetched, this machine needs the npm registry once: check the network, ` +
      `a proxy, and "npm ping".`,
  );
}

const version = spawnSync("node --version", { shell: true, encoding: "utf8" }).stdout.trim();
if (Number(/^v(\d+)/.exec(version)?.[1] ?? 0) < nodeMajorMin) {
  stop(
    `Rockpool: Node ${nodeMajorMin} or newer is needed, and "node" is ${version || "missing"}.\n` +
      `The npm package "node" should have brought it to node_modules/.bin. Run the script by "npm test" or ` +
      `"npm start" (they put that folder first), or delete node_modules and try again.`,
  );
}
