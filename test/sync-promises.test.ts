/**
 * What settled and flush promise, also to a tab that was opened later or carries no session, and what
 * tabs of one device hear of each other.
 */
import { describe, expect, test } from "vitest";
import type { Versionstamp } from "@rockpool/model";
import { everyChange, textOfEntries } from "./simulator/tab-asks.ts";
import type { VirtualTab } from "./simulator/virtual-device.ts";
import { key, openScene, set, type Scene } from "./sync/scene-suite.ts";

const settled = (scene: Scene, tab: VirtualTab, versionstamp: Versionstamp) =>
  scene.world.resolved(tab.host.call("settled", { versionstamp }));

/** Whether a promise has settled, to ask again and again. */
const watchPromise = (promise: Promise<unknown>): { readonly outcome: string } => {
  const watched = { outcome: "open" };
  promise.then(
    () => (watched.outcome = "fulfilled"),
    (error: { code?: string }) => (watched.outcome = `rejected: ${error.code}`),
  );
  return watched;
};

describe("settled", () => {
  test("waits for the ruling, and gives the same answer ever after", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    scene.setOnline(one, false);
    const versionstamp = await scene.write(one, set("k", 1));
    const waiting = one.host.call("settled", { versionstamp });
    const watched = watchPromise(waiting);
    await scene.world.pass(10_000);
    expect(watched.outcome).toBe("open");
    scene.setOnline(one, true);
    const answer = await scene.world.resolved(waiting);
    expect(answer).toEqual({ type: "confirmed", revision: 1, superseded: [] });
    expect(await settled(scene, one, versionstamp)).toEqual(answer);
    await scene.world.resolved(one.host.checkpoint());
    expect(await settled(scene, one, versionstamp)).toEqual(answer);
    await scene.world.resolved(one.close());
    expect(await settled(scene, await scene.openTab(one.device), versionstamp)).toEqual(answer);
  });

  test("is answered in a tab that did not write, and for what was written before it was opened", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    scene.setOnline(one, false);
    const versionstamp = await scene.write(one, set("k", 1));
    const watched = watchPromise(one.host.call("settled", { versionstamp }));
    await scene.world.resolved(one.close());
    expect(watched.outcome).toBe("rejected: closed");
    const again = await scene.openTab(one.device);
    const waiting = again.host.call("settled", { versionstamp });
    scene.setOnline(again, true);
    expect(await scene.world.resolved(waiting)).toMatchObject({ type: "confirmed", revision: 1 });
  });

  test("knows nothing of a versionstamp that no commit has", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    const versionstamp = "00000000000000990000" as Versionstamp;
    await expect(settled(scene, one, versionstamp)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("flush", () => {
  test("waits until all that is pending is ruled, and brings what the relay had at the call", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    const second = await scene.openTab(one.device);
    const two = await scene.open("two");
    await scene.quiet();
    for (const tab of [one, second]) {
      scene.relay.network.setOnline("one", false);
      await scene.write(two, set("theirs", tab === one ? 1 : 2));
      await scene.world.pass(1000);
      const mine = await scene.write(tab, set("mine", tab === one ? 1 : 2));
      const flush = tab.host.call("flush", {});
      const watched = watchPromise(flush);
      await scene.world.pass(20_000);
      expect(watched.outcome).toBe("open");
      scene.relay.network.setOnline("one", true);
      await scene.world.resolved(flush);
      expect(tab.host.state.unruled.size).toBe(0);
      expect(await scene.read(tab, "theirs")).toBe(tab === one ? 1 : 2);
      expect(await settled(scene, tab, mine)).toMatchObject({ type: "confirmed" });
    }
  });

  test("works in a tab without a session, though the tabs hear half of what they tell each other", async () => {
    const scene = await openScene();
    const one = await scene.open("one", { channelLoss: 0.5 });
    const second = await scene.openTab(one.device);
    for (let round = 0; round < 10; round++) {
      await scene.write(second, set("k", round));
      await scene.world.resolved(second.host.call("flush", {}));
      expect(second.host.state.unruled.size).toBe(0);
    }
    expect(await scene.relayEntries()).toEqual(new Map([[key("k"), "json 9"]]));
  });

  test("is refused while syncing is paused, and given up when it is", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    scene.setOnline(one, false);
    await scene.write(one, set("k", 1));
    const watched = watchPromise(one.host.call("flush", {}));
    await scene.world.pass(100);
    await scene.world.resolved(one.host.call("pause", { paused: true }));
    await scene.world.pass(1);
    expect(watched.outcome).toBe("rejected: offline");
    scene.setOnline(one, true);
    await scene.world.pass(10_000);
    expect(scene.relay.head).toBe(0);
    await expect(scene.world.resolved(one.host.call("flush", {}))).rejects.toMatchObject({ code: "offline" });
    await scene.world.resolved(one.host.call("pause", { paused: false }));
    await scene.world.resolved(one.host.call("flush", {}));
    expect(scene.relay.head).toBe(1);
  });

  test("ends though the relay forgot the history whose head it waits for", async () => {
    const scene = await openScene({ patchEntriesMax: 2 });
    const two = await scene.open("two");
    for (let entry = 0; entry < 40; entry++) await scene.write(two, set(`k${entry}`, entry));
    await scene.quiet();
    const one = await scene.open("one");
    await scene.world.until(
      () => one.host.state.session.setAside !== null,
      () => "nothing is set aside",
    );
    const flush = one.host.call("flush", {});
    await scene.world.until(
      () => one.host.state.session.received > 30,
      () => "the catch-up stands still",
    );
    two.kill();
    await scene.relay.replace();
    await scene.write(one, set("mine", 1));
    await scene.world.resolved(flush);
  });
});

test("a call that waits ends with the tab, whatever it waits for", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  scene.setOnline(one, false);
  const versionstamp = await scene.write(one, set("k", 1));
  const calls = [one.host.call("settled", { versionstamp }), one.host.call("flush", {})];
  const early = calls.map((call) => watchPromise(call));
  await scene.world.pass(100);
  const late = [one.host.call("settled", { versionstamp }), one.host.call("flush", {})].map((call) =>
    watchPromise(call),
  );
  await scene.world.resolved(one.close());
  await scene.world.pass(100);
  expect([...early, ...late].map(({ outcome }) => outcome)).toEqual(Array(4).fill("rejected: closed"));
});

describe("tabs", () => {
  test("that wait for each other's end learn of it, and rest", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    const others = [await scene.openTab(one.device), await scene.openTab(one.device)];
    const third = await scene.openTab(one.device);
    await scene.world.pass(1000);
    third.kill();
    await scene.world.pass(1000);
    for (const tab of [one, ...others]) {
      const event = tab.events.findLast(({ type }) => type === "status");
      expect(event).toMatchObject({ status: { tabs: 3 } });
    }
  });

  test("take the session over from one that is killed", async () => {
    const scene = await openScene();
    const one = await scene.open("one");
    const second = await scene.openTab(one.device);
    await scene.quiet();
    one.kill();
    await scene.write(second, set("k", 1));
    await scene.quiet();
    expect(scene.relay.head).toBe(1);
  });

  test("that missed rows to a checkpoint show what those changed before what came after", async () => {
    const scene = await openScene();
    // A tab that hears nothing from the other folds when it looks itself.
    const deaf = await scene.open("one", { channelLoss: 1 });
    const second = await scene.openTab(deaf.device);
    await scene.world.resolved(second.host.call("pause", { paused: true }));
    await scene.write(second, set("first", 1));
    await scene.write(second, set("then", 1));
    const fed = new Map<string, string | undefined>();
    const seen: (string | undefined)[][] = [];
    deaf.feed(everyChange, ({ entries }) => {
      for (const [fedKey, text] of textOfEntries(entries)) fed.set(fedKey, text);
      seen.push([fed.get(key("first")), fed.get(key("then"))]);
    });
    await scene.world.pass(100);
    for (let round = 2; round < 5; round++) {
      await scene.write(second, set("first", round));
      await scene.world.resolved(second.host.checkpoint());
      await scene.write(second, set("then", round));
      await scene.read(deaf, "then");
      await scene.world.pass(100);
    }
    expect(seen.at(-1)).toEqual(["json 4", "json 4"]);
    expect(seen.filter(([first, then]) => numberOf(first) < numberOf(then))).toEqual([]);
  });
});

/** The number of a value that is shown as `json 4`. */
const numberOf = (text: string | undefined): number => Number(text?.slice("json ".length));
