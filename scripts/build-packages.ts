// Makes what is published of packages/: one folder for each package with JavaScript, declarations, licence, README and
// a package.json of its own, derived from the one that the workspace uses from source. The worker, and the host for a
// page without one, become single files that need no other.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A package.json of packages/; paths in it lead to `./src/*.ts`. */
interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Files of its own, by the name they are imported under and the place they are for. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly sideEffects: false | readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

interface SourcePackage {
  /** Its folder in packages/. */
  readonly folder: string;
  readonly manifest: SourceManifest;
}

export interface BuiltPackage {
  readonly name: string;
  /** What to give to `npm pack` or `npm publish`. */
  readonly folder: string;
}

/**
 * Builds every package of packages/ into the folder that `folderOf` names for it, which is emptied first.
 * @throws Error when a package does not compile; what is wrong is printed
 */
export const buildPackages = async (
  folderOf: (source: string) => string,
): Promise<readonly BuiltPackage[]> => {
  const packages = readPackages();
  const versions = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));
  const built = packages.map(({ folder, manifest }) => {
    const source = join(root, "packages", folder);
    const target = folderOf(folder);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    compile(source, manifest, target);
    nameCompiledFiles(target);
    copyDocuments(source, target);
    const published = publishedManifest(manifest, versions);
    writeFileSync(join(target, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
    return { name: manifest.name, folder: target };
  });
  await bundleHosts(folderOf("rockpool"));
  return built;
};

const readPackages = (): readonly SourcePackage[] =>
  readdirSync(join(root, "packages")).map((folder) => ({
    folder,
    manifest: JSON.parse(
      readFileSync(join(root, "packages", folder, "package.json"), "utf8"),
    ) as SourceManifest,
  }));

/** Fixtures and the like are used inside the workspace alone. */
const isForTests = (path: string): boolean => /-(suite|fixture|arbitrary)\.ts$/.test(path);

/** Compiles what the entries of a package reach; what other packages hold is left to them. */
const compile = (source: string, { exports, bin, imports }: SourceManifest, target: string): void => {
  const byPlace = Object.values(imports ?? {}).flatMap((paths) => Object.values(paths));
  const entries = [...Object.values(exports), ...Object.values(bin ?? {}), ...byPlace];
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rewriteRelativeImportExtensions: true,
      rootDir: join(source, "src"),
      outDir: target,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    },
    files: entries.filter((path) => !isForTests(path)).map((path) => join(source, path)),
    include: [],
  };
  const configFile = join(target, "tsconfig.json");
  writeFileSync(configFile, JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", configFile], { stdio: "inherit" });
  if (status !== 0) throw new Error(`${source} does not compile: see above`);
  rmSync(configFile);
};

/** The compiler names .js files in the imports of JavaScript alone, not in declarations or in `new URL("./worker.ts")`. */
const nameCompiledFiles = (target: string): void => {
  for (const path of readdirSync(target, { recursive: true, encoding: "utf8" })) {
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    const file = join(target, path);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/"(\.{1,2}\/[^"\n]+)\.ts"/g, '"$1.js"'));
  }
};

const copyDocuments = (source: string, target: string): void => {
  cpSync(join(root, "LICENSE"), join(target, "LICENSE"));
  for (const name of readdirSync(source)) {
    if (name.endsWith(".md")) cpSync(join(source, name), join(target, name));
  }
};

const publishedManifest = (source: SourceManifest, versions: ReadonlyMap<string, string>): object => {
  const { exports, bin, imports, sideEffects, dependencies = {}, ...rest } = source;
  const { devDependencies: _, publishConfig: __, ...kept } = rest;
  return {
    ...kept,
    exports: Object.fromEntries(
      Object.entries(exports)
        .filter(([, path]) => !isForTests(path))
        .map(([entry, path]) => [
          entry,
          { types: builtPath(path, ".d.ts"), default: builtPath(path, ".js") },
        ]),
    ),
    ...(bin === undefined ? {} : { bin: mapValues(bin, (path) => builtPath(path, ".js")) }),
    ...(imports === undefined
      ? {}
      : { imports: mapValues(imports, (paths) => mapValues(paths, (path) => builtPath(path, ".js"))) }),
    files: ["**/*.js", "**/*.d.ts", "*.md"],
    sideEffects: sideEffects === false ? false : sideEffects.map((path) => builtPath(path, ".js")),
    dependencies: mapValues(dependencies, (range, name) => versions.get(name) ?? range),
  };
};

/** `./src/x.ts` lies at `./x.js`. */
const builtPath = (path: string, extension: ".js" | ".d.ts"): string =>
  path.replace(/^\.\/src\//, "./").replace(/\.ts$/, extension);

const mapValues = <From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));

/** Puts single files in the place of three compiled ones, which only import from other packages. */
const bundleHosts = async (folder: string): Promise<void> => {
  const { code: worker } = await bundle({ entry: "packages/rockpool/src/worker.ts", format: "iife" });
  writeFileSync(join(folder, "worker.js"), worker);
  writeFileSync(join(folder, "worker-text.js"), `export const workerText = ${JSON.stringify(worker)};\n`);
  const threadHost = await bundle({ entry: "packages/rockpool/src/thread-host.ts", format: "es" });
  writeFileSync(join(folder, "thread-host.js"), threadHost.code);
};

/** Packs built packages into tarballs in `target`, and gives the path of each. @throws Error when npm fails */
export const packPackages = (packages: readonly BuiltPackage[], target: string): readonly string[] => {
  const folders = packages.map(({ folder }) => folder);
  const { status, stderr } = spawnSync("npm", ["pack", "--pack-destination", target, ...folders], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  return readdirSync(target)
    .filter((name) => name.endsWith(".tgz"))
    .map((name) => join(target, name));
};
