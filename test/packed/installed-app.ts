/**
 * A fresh app in a folder of its own outside the workspace: the packages are built, packed and
 * installed there by npm, as people do it. The registry is whichever npm is configured for; it is
 * asked for third-party packages alone.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BuiltPackage, buildPackages, packPackages } from "../../scripts/build-packages.ts";

/** npm's names for "the registry did not answer". */
const unreachable =
  /code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)/;

export class InstalledApp implements AsyncDisposable {
  /** The app's sources, and node_modules. */
  readonly folder: string;
  readonly packages: readonly BuiltPackage[];
  readonly tarballs: readonly string[];
  /** Why nothing could be installed: the registry did not answer. */
  readonly obstacle: string | undefined;
  readonly #root: string;

  private constructor(
    root: string,
    packages: readonly BuiltPackage[],
    tarballs: readonly string[],
    obstacle: string | undefined,
  ) {
    this.#root = root;
    this.folder = join(root, "app");
    this.packages = packages;
    this.tarballs = tarballs;
    this.obstacle = obstacle;
  }

  /** @throws Error when packages cannot be built, packed or installed, though the registry answers */
  static async install(): Promise<InstalledApp> {
    const root = await mkdtemp(join(tmpdir(), "rockpool-packed-"));
    try {
      return await InstalledApp.#installIn(root);
    } catch (error) {
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
      throw error;
    }
  }

  static async #installIn(root: string): Promise<InstalledApp> {
    const packages = await buildPackages((folder) => join(root, "built", folder));
    const target = join(root, "tarballs");
    await mkdir(target);
    const tarballs = packPackages(packages, target);
    const app = join(root, "app");
    await cp(fileURLToPath(new URL("app", import.meta.url)), app, { recursive: true });
    await writeFile(join(app, "package.json"), `{ "name": "app", "private": true, "type": "module" }`);
    return new InstalledApp(root, packages, tarballs, await installInto(app, tarballs));
  }

  /** Where a file of an installed package is. */
  installed(path: string): string {
    return join(this.folder, "node_modules", path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}

const installInto = async (folder: string, tarballs: readonly string[]): Promise<string | undefined> => {
  const options = ["--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  try {
    await promisify(execFile)("npm", ["install", ...options, ...tarballs], {
      cwd: folder,
      shell: process.platform === "win32",
    });
    return undefined;
  } catch (error) {
    const code = unreachable.exec(String(error))?.[1];
    if (code === undefined) throw error;
    return `the npm registry does not answer (${code}), and without it nothing can be installed`;
  }
};
