/**
 * The processor time that a device has used: that of all processes of its browser, the page's as well as those that
 * keep its storage.
 */
import type { Page } from "playwright";

/** In ms, in steps of 10 ms at best: to be read around much work. */
export const deviceWorkMs = async (page: Page): Promise<number> => {
  const browser = page.context().browser();
  if (browser === null) throw new Error("the tab belongs to no browser");
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
  } finally {
    await session.detach();
  }
};
