/**
 * Calls what the page offers to the tests of a full disk and of a cleared one (page/full-disk.ts).
 */
import type { CrashTab } from "./crash-browser.ts";
import type { FullDisk } from "./page/full-disk.ts";

export const call = async <Name extends keyof FullDisk>(
  tab: CrashTab,
  name: Name,
  ...args: Parameters<FullDisk[Name]>
): Promise<Awaited<ReturnType<FullDisk[Name]>>> =>
  (await tab.evaluate(`fullDisk.${name}(...${JSON.stringify(args)})`)) as Awaited<ReturnType<FullDisk[Name]>>;
