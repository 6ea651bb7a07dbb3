/**
 * A tab that the browser freezes, worker and all: the others read, commit and make checkpoints meanwhile, and when it is
 * woken it is level with them and goes on. It is frozen between two commits: Chromium freezes nobody who holds a
 * transaction, but the devtools protocol would, and then everybody waits for the watchdog.
 */
import { afterAll, expect, test } from "vitest";
import { eventually } from "../browser/browser-bed.ts";
import { CrashBed } from "./crash-bed.ts";
import { type BackingStore, type CrashTab, expectWhole } from "./crash-browser.ts";

/** Commits that bring about a checkpoint, and so few that they do not. */
const manyCommits = 200;
const fewCommits = 10;

const bed = await CrashBed.open();
afterAll(() => bed.close());

test.each<BackingStore>(["leveldb", "sqlite"])(
  "a frozen tab holds nobody up, and is level after it is woken (%s)",
  { timeout: 60_000 },
  async (store) => {
    const browser = await bed.launch(store);
    const open = async (): Promise<CrashTab> => {
      const tab = await browser.openTab(bed.url);
      await tab.call("open", "frozen", {});
      return tab;
    };
    const sleeper = await open();
    await sleeper.call("follow");
    const waker = await open();
    expect(await sleeper.evaluate("document.visibilityState")).toBe("hidden");
    await sleeper.call("write", "sleeper", 4);
    await sleeper.untilAcknowledged(fewCommits);
    await sleeper.call("stop");
    const before = await waker.call("read");
    await eventually(() => sleeper.call("seen")).toMatchObject({ names: before.names });
    await sleeper.send("Page.setWebLifecycleState", { state: "frozen" });

    await waker.call("write", "waker", 4);
    await waker.untilAcknowledged(manyCommits);
    await waker.call("stop");
    const after = await waker.call("read");
    expectWhole(after);
    expect(after.checkpoint).toBeGreaterThan(before.checkpoint);
    // It sleeps: it has heard nothing.
    expect(await sleeper.call("seen")).toMatchObject({ names: before.names });

    await sleeper.send("Page.setWebLifecycleState", { state: "active" });
    await eventually(() => sleeper.call("seen")).toMatchObject({ torn: 0, names: after.names });
    await sleeper.call("write", "woken", 4);
    await sleeper.untilAcknowledged(fewCommits);
    await sleeper.call("stop");
    const content = await sleeper.call("read");
    expectWhole(content);
    expect(content).toEqual(await waker.call("read"));
    expect([...sleeper.errors, ...waker.errors]).toEqual([]);
  },
);
