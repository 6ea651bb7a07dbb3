// Builds the board into dist/: the page, and the service worker as a script of its own at the top, where its scope is
// the whole board. Paths are relative, so that the board can be served from any folder.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin, UserConfig } from "vite";
import { configFile, serviceWorkerFile, writeShell } from "./precache.ts";

const root = import.meta.dirname;
/** Where the build goes: `dist`, unless whoever builds says otherwise. */
let outDir = join(root, "dist");

/** Own scripts, styles and pictures alone; sockets to wherever the relay is. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const board: Plugin = {
  name: "rockpool-board",
  apply: "build",
  configResolved: ({ build }) => {
    outDir = resolve(root, build.outDir);
  },
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: contentSecurityPolicy },
      injectTo: "head-prepend",
    },
  ],
  closeBundle: () => {
    const relay = process.env["VITE_ROCKPOOL_RELAY"];
    writeFileSync(join(outDir, configFile), `${JSON.stringify(relay === undefined ? {} : { relay })}\n`);
    writeShell(outDir);
  },
};

const config: UserConfig = {
  root,
  base: "./",
  plugins: [board],
  worker: { format: "es" },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: {
      input: {
        index: join(root, "index.html"),
        "service-worker": join(root, "src/pwa/service-worker.ts"),
      },
      output: {
        entryFileNames: ({ name }) =>
          name === "service-worker" ? serviceWorkerFile : "assets/[name]-[hash].js",
      },
    },
  },
};

export default config;
