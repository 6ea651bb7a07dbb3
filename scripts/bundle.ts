// One file of JavaScript, made of a module of packages/ and all that it imports: for what is published, and for the
// tests that run inside a browser.
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

export interface BundleOptions {
  /** Path of the module, from the root of the repository. */
  readonly entry: string;
  /** `iife`: a script that imports and exports nothing, made small. `es`: a module. */
  readonly format: "es" | "iife";
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Language level of the bundles: what the browsers named in README.md understand. */
const bundleTarget = "es2022";

/** @throws Error when it takes more than one file; what does not compile is printed */
export const bundle = async ({ entry, format }: BundleOptions): Promise<Rolldown.OutputChunk> => {
  const result = await build({
    configFile: false,
    root,
    logLevel: "warn",
    build: {
      write: false,
      target: bundleTarget,
      minify: format === "iife",
      lib: { entry, formats: [format], name: "rockpool" },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Rolldown.RolldownOutput[];
  const [chunk, ...others] = outputs.flatMap(({ output }) => output);
  if (chunk?.type !== "chunk" || others.length > 0) throw new Error(`${entry} does not make one file`);
  return chunk;
};
