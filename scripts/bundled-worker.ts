// Serves tests that run inside a browser the worker of the package `rockpool` as the one file that is published. From
// source it is a hundred modules, which the development server would be asked for anew by each bucket that opens.
import type { Plugin } from "vite";
import { bundle } from "./bundle.ts";

const entry = "packages/rockpool/src/worker.ts";

export const bundledWorker: Plugin = {
  name: "rockpool-bundled-worker",
  enforce: "pre",
  async load(id) {
    const [path, query] = id.split("?");
    if (path?.endsWith(entry) !== true || query?.includes("worker_file") !== true) return undefined;
    const { code, moduleIds } = await bundle({ entry, format: "es" });
    for (const moduleId of moduleIds) this.addWatchFile(moduleId);
    return code;
  },
};
