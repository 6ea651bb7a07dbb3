/**
 * What people install works: the packages are built, packed, and installed by npm into an app outside the workspace,
 * which is type-checked, built by Vite and by esbuild, and opened in Chromium; and run in Node.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { type BuildOptions, build as buildWithEsbuild } from "esbuild";
import { type Browser, chromium, type Page } from "playwright";
import { publint } from "publint";
import { build as buildWithVite, createServer, parseSync } from "vite";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { serveFolder } from "../../scripts/serve-folder.ts";
import { RelayProcess } from "../browser/relay-process.ts";
import { InstalledApp } from "./installed-app.ts";

/** Longest time of a test and of a hook, in ms. */
const testMsMax = 60_000;
/** Longest time for building, packing and installing, in ms: a registry may be slow. */
const installMsMax = 180_000;
vi.setConfig({ testTimeout: testMsMax, hookTimeout: testMsMax });

const packageNames = [
  "@rockpool/deno-kv",
  "@rockpool/fedify-kv",
  "@rockpool/forge-kvs",
  "@rockpool/host",
  "@rockpool/log",
  "@rockpool/log-idb",
  "@rockpool/log-sqlite",
  "@rockpool/model",
  "@rockpool/nats-kv",
  "@rockpool/protocol",
  "@rockpool/relay",
  "@rockpool/replica",
  "rockpool",
] as const;

let app: InstalledApp;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([InstalledApp.install(), chromium.launch(chromiumLaunchOptions())]);
  if (app.obstacle !== undefined) process.stderr.write(`skipped: ${app.obstacle}\n`);
}, installMsMax);
beforeEach(({ skip }) => skip(app.obstacle !== undefined, app.obstacle));
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

describe.each(packageNames)("%s", (name) => {
  const read = (path: string): Promise<string> => readFile(app.installed(join(name, path)), "utf8");

  test("comes with its licence, a README, its version and where it runs", async () => {
    expect(await read("LICENSE")).toMatch(/^MIT License/);
    expect(await read("README.md")).toMatch(new RegExp(`^# ${name}\n`));
    const manifest = JSON.parse(await read("package.json")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name, version: "0.1.0", license: "MIT", type: "module" });
    expect(manifest["engines"]).toMatchObject({ node: expect.any(String) as string });
  });

  test("names files that are there, .js in declarations too", async () => {
    const files = await readdir(app.installed(name), { recursive: true });
    expect(files.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
    const texts = await Promise.all(files.filter((path) => /\.(js|ts)$/.test(path)).map(read));
    const sources = texts.flatMap((text) => text.match(/(from|import\(|new URL\() ?"\.[^"]*\.ts"/g) ?? []);
    expect(sources).toEqual([]);
  });

  test("is packed as publint wants it", async () => {
    const built = app.packages.find((built) => built.name === name);
    const { messages } = await publint({ pkgDir: built?.folder ?? "", pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test("has types that resolve as its code does", async () => {
    const file = `${name.replace("@", "").replace("/", "-")}-0.1.0.tgz`;
    const tarball = app.tarballs.find((path) => path.endsWith(file)) ?? "";
    const analysis = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
    const problems = analysis.types === false ? ["no types"] : analysis.problems;
    // Packages are ESM only, and TypeScript's oldest way to resolve knows no `exports`: neither is a fault.
    const resolutions = ["node16-esm", "bundler"];
    expect(
      problems.filter(
        (problem) =>
          typeof problem === "string" ||
          !("resolutionKind" in problem) ||
          resolutions.includes(problem.resolutionKind),
      ),
    ).toEqual([]);
  });
});

describe("the worker", () => {
  test("is started by the words that bundlers look for", async () => {
    expect(await readFile(app.installed("rockpool/open-kv.js"), "utf8")).toContain(
      'new Worker(new URL("./worker.js", import.meta.url), { type: "module"',
    );
  });

  test.each(["worker.js", "thread-host.js"])("%s is one file that needs no other", async (file) => {
    const { module, errors } = parseSync(file, await readFile(app.installed(`rockpool/${file}`), "utf8"));
    expect([errors, module.staticImports, module.dynamicImports]).toEqual([[], [], []]);
  });
});

describe("types", () => {
  const tsc = join(fileURLToPath(new URL(".", import.meta.resolve("typescript/package.json"))), "bin/tsc");

  const page = { include: ["*.ts"], exclude: ["node.ts"], lib: ["ES2023", "DOM"] };
  const program = { include: ["node.ts"], exclude: [], lib: ["ES2023", "DOM"] };

  test.each([
    { what: "a page's", sources: page, module: "esnext", moduleResolution: "bundler" },
    { what: "a page's", sources: page, module: "nodenext", moduleResolution: "nodenext" },
    { what: "a program's", sources: program, module: "nodenext", moduleResolution: "nodenext" },
  ])("are $what, resolved as $moduleResolution, those of libraries checked", async (row) => {
    const { sources, module, moduleResolution } = row;
    const { include, exclude, lib } = sources;
    const compilerOptions = {
      module,
      moduleResolution,
      lib,
      target: "es2023",
      types: [],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: false,
    };
    const config = join(app.folder, "tsconfig.json");
    await writeFile(config, JSON.stringify({ compilerOptions, include, exclude }));
    const checked = promisify(execFile)(process.execPath, [tsc, "-p", config], { cwd: app.folder });
    expect((await checked.catch((error: { stdout: string }) => error)).stdout).toBe("");
  });
});

const openPage = async (address: string): Promise<Page> => {
  const page = await (await browser.newContext()).newPage();
  onTestFinished(() => page.context().close());
  await page.goto(address);
  return page;
};

/** The page's title, once it has one: there it shows what came of its work. */
const titleOf = async (page: Page): Promise<string> => {
  await page.waitForFunction(() => document.title !== "");
  return page.title();
};

/** Opens a page that counts its visits, twice; the count was written, read and still there. Gives where its worker came from. */
const visitTwice = async (address: string): Promise<readonly string[]> => {
  const page = await openPage(address);
  expect(await titleOf(page)).toBe("1 true");
  const workers = page.workers().map((worker) => new URL(worker.url()).protocol);
  await page.reload();
  expect(await titleOf(page)).toBe("2 true");
  return workers;
};

/** A page of the app, with what its policy says of workers. */
const writePage = (folder: string, page: string, script: string, workers: string): Promise<void> =>
  writeFile(
    join(folder, `${page}.html`),
    `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; img-src data:; worker-src ${workers}">
<script type="module" src="${script}"></script>`,
  );

const serve = async (folder: string): Promise<string> => {
  const server = await serveFolder(folder, "127.0.0.1", 0);
  onTestFinished(() => server.close());
  return server.url;
};

describe("Vite", () => {
  const pages = { main: "'self'", "own-worker": "'self'", inline: "blob:", "without-worker": "'none'" };

  test("builds pages whose bucket is open in a worker, and one that has none", async () => {
    const names = Object.keys(pages);
    await Promise.all(
      Object.entries(pages).map(([page, workers]) => writePage(app.folder, page, `/${page}.ts`, workers)),
    );
    await buildWithVite({
      root: app.folder,
      configFile: false,
      logLevel: "warn",
      build: { rolldownOptions: { input: names.map((page) => join(app.folder, `${page}.html`)) } },
    });
    const site = await serve(join(app.folder, "dist"));
    const started: Record<string, readonly string[]> = {};
    for (const page of names) started[page] = await visitTwice(`${site}/${page}.html`);
    expect(started).toEqual({
      main: ["http:"],
      "own-worker": ["http:"],
      inline: ["blob:"],
      "without-worker": [],
    });
  });

  test("serves a page in development whose bucket is open in a worker", async () => {
    await writeFile(join(app.folder, "dev.html"), `<script type="module" src="/main.ts"></script>`);
    const server = await createServer({
      root: app.folder,
      configFile: false,
      logLevel: "warn",
      server: { host: "127.0.0.1", port: 0, hmr: false },
    });
    onTestFinished(() => server.close());
    await server.listen();
    expect(await visitTwice(`${server.resolvedUrls?.local[0] ?? ""}dev.html`)).toEqual(["http:"]);
  });
});

/** Builds a page's script and gives the folder. */
const buildScript = async (page: string, options: BuildOptions = {}): Promise<string> => {
  const outdir = join(app.folder, "esbuild", page);
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  await buildWithEsbuild({
    absWorkingDir: app.folder,
    entryPoints: [`${page}.ts`],
    outdir,
    bundle: true,
    format: "esm",
    splitting: true,
    minify: true,
    logLevel: "warning",
    ...options,
  });
  return outdir;
};

/**
 * Takes from a page or worker what came after Chrome 110, Firefox 115 and Safari 16.4, as far as it
 * can be taken away and somebody might use it unawares.
 * @see https://github.com/mdn/browser-compat-data
 */
const forgetWhatIsNewer = `
for (const [owner, names] of [
  [URL, ["parse", "canParse"]],
  [Promise, ["withResolvers", "try"]],
  [Object, ["groupBy"]],
  [Map, ["groupBy"]],
  [Map.prototype, ["getOrInsert", "getOrInsertComputed"]],
  [Array, ["fromAsync"]],
  [AbortSignal, ["any"]],
  [ArrayBuffer.prototype, ["detached", "transfer"]],
  [Uint8Array, ["fromBase64", "fromHex"]],
  [Uint8Array.prototype, ["toBase64", "toHex"]],
  [String.prototype, ["isWellFormed", "toWellFormed"]],
  [ReadableStream, ["from"]],
  [ReadableStream.prototype, ["values", Symbol.asyncIterator]],
  [Set.prototype, ["union", "intersection", "difference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"]],
  [Object.getPrototypeOf(Object.getPrototypeOf([].values())), ["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find"]],
  [IDBObjectStore.prototype, ["getAllRecords"]],
  [IDBIndex.prototype, ["getAllRecords"]],
  [IDBFactory.prototype, ["databases"]],
  [globalThis, ["Iterator", "scheduler", "Float16Array", "Temporal", "SuppressedError", "DisposableStack"]],
]) for (const name of names) delete owner[name];
`;

describe("esbuild", () => {
  test("builds a page that finds the worker which was copied beside it", async () => {
    const folder = await buildScript("main");
    await copyFile(app.installed("rockpool/worker.js"), join(folder, "worker.js"));
    await writePage(folder, "index", "main.js", "'self'");
    expect(await visitTwice(await serve(folder))).toEqual(["http:"]);
  });

  test("builds a page that carries its worker as text", async () => {
    const folder = await buildScript("inline", { splitting: false });
    await writePage(folder, "index", "inline.js", "blob:");
    expect(await visitTwice(await serve(folder))).toEqual(["blob:"]);
  });

  test("builds a page for browsers that have nothing newer than the oldest named", async () => {
    const folder = await buildScript("oldest", {
      target: ["chrome110", "firefox115", "safari16.4"],
      define: { "Symbol.asyncDispose": "undefined", "Symbol.dispose": "undefined" },
      banner: { js: forgetWhatIsNewer },
    });
    const worker = await readFile(app.installed("rockpool/worker.js"), "utf8");
    await writeFile(join(folder, "worker.js"), forgetWhatIsNewer + worker);
    await writePage(folder, "index", "oldest.js", "'self'");
    const page = await openPage(await serve(folder));
    expect(await titleOf(page)).toBe("0, true, bytes count rich, 1, closed");
  });

  test("says what is missing when the worker was not copied", async () => {
    const folder = await buildScript("main");
    await writePage(folder, "index", "main.js", "'self'");
    await expect(visitTwice(await serve(folder))).rejects.toThrow(/unavailable: the worker of bucket/);
  });

  test("leaves out of the page's script what only the worker needs", async () => {
    const { metafile } = await buildWithEsbuild({
      absWorkingDir: app.folder,
      entryPoints: ["main.ts"],
      outdir: "unused",
      write: false,
      metafile: true,
      bundle: true,
      format: "esm",
      splitting: true,
    });
    const entry = Object.keys(metafile.outputs).find((path) => path.endsWith("main.js")) ?? "";
    // A set walks what is added on the way: the entry, and what it loads before it runs.
    const loaded = new Set([entry]);
    for (const path of loaded) {
      for (const { kind, path: next } of metafile.outputs[path]?.imports ?? []) {
        if (kind === "import-statement") loaded.add(next);
      }
    }
    const used = [...loaded]
      .flatMap((path) => Object.entries(metafile.outputs[path]?.inputs ?? {}))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const packagesUsed = used.map(([path]) => /^node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1]);
    expect(new Set(packagesUsed)).toEqual(new Set([undefined, "@rockpool/model", "comlink", "rockpool"]));
    // What keeps buckets in files is in no script of a page, loaded at once or later.
    expect(Object.keys(metafile.inputs).filter((path) => /log-sqlite|in-node/.test(path))).toEqual([]);
  });
});

describe("Node", () => {
  test("opens a bucket in memory, one that a relay keeps, and one in a folder", async () => {
    const run = () => promisify(execFile)(process.execPath, ["node.ts"], { cwd: app.folder });
    expect((await run()).stdout).toBe("hello\nconfirmed\n1 run\n");
    expect((await run()).stdout).toBe("hello\nconfirmed\n2 runs\n");
    expect(await readdir(join(app.folder, "data"))).toEqual(["counted.sqlite"]);
  });

  test("runs the relay as a program", async () => {
    const manifest = JSON.parse(await readFile(app.installed("@rockpool/relay/package.json"), "utf8")) as {
      readonly bin: unknown;
    };
    expect(manifest.bin).toEqual({ "rockpool-relay": "./cli.js" });
    const program = app.installed("@rockpool/relay/cli.js");
    const relay = new RelayProcess(() => join(app.folder, "relay.sqlite"), program);
    onTestFinished(() => void relay.end("SIGKILL"));
    await relay.start();
    expect(await (await fetch(`${relay.url.replace("ws:", "http:")}/healthz`)).text()).toBe("ok\n");
    expect(await relay.end("SIGTERM")).toBe(0);
  });
});
