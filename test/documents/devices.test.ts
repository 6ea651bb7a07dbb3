/**
 * Documents on two devices with a relay between them: what is edited offline comes together, what the relay
 * refuses gives a fresh document, and who is present is seen and gone.
 */
import { openDocument, type ReplacedEvent, type RockpoolDocument } from "@rockpool/documents";
import { afterEach, expect, test } from "vitest";
import { type App, AppBed } from "../sync/app-bed.ts";

const key = ["notes", 1];
const documents: RockpoolDocument[] = [];

afterEach(async () => {
  // An awareness keeps an interval of real time.
  for (const document of documents.splice(0)) document.awareness.destroy();
});

const open = ({ kv }: App): RockpoolDocument => {
  const document = openDocument(kv, key);
  documents.push(document);
  return document;
};
const textOf = ({ doc }: RockpoolDocument): string => doc.getText("t").toString();
const write = (document: RockpoolDocument, text: string): void => document.doc.getText("t").insert(0, text);
const replacements = (document: RockpoolDocument): ReplacedEvent[] => {
  const events: ReplacedEvent[] = [];
  document.on("replaced", (event) => events.push(event));
  return events;
};
const seenBy = ({ awareness }: RockpoolDocument): string =>
  [...awareness.getStates().values()]
    .map(({ name }) => String(name))
    .toSorted()
    .join(" ");
const until = (bed: AppBed, holds: () => boolean): Promise<void> =>
  bed.world.until(holds, () => "it does not come to hold");

test("what two devices edit offline comes together, and is synced when both have it", async () => {
  const bed = await AppBed.open();
  const [a, b] = [await bed.openApp("a"), await bed.openApp("b")];
  const [one, two] = [open(a), open(b)];
  await bed.done(Promise.all([one.whenSynced, two.whenSynced]));
  for (const name of ["a", "b"]) bed.setOnline(name, false);
  write(one, "one ");
  write(two, "two ");
  await bed.done(Promise.all([one.flush(), two.flush()]));
  await bed.world.pass(1000);
  expect([one.saved, one.synced, textOf(one)]).toEqual([true, false, "one "]);
  for (const name of ["a", "b"]) bed.setOnline(name, true);
  await until(bed, () => one.synced && two.synced && textOf(one).length === 8);
  expect(textOf(one)).toBe(textOf(two));
});

test("a document deleted on one device while it is edited on another is deleted, and the edit is told", async () => {
  const bed = await AppBed.open();
  const [a, b] = [await bed.openApp("a"), await bed.openApp("b")];
  const [one, two] = [open(a), open(b)];
  write(one, "old");
  await until(bed, () => textOf(two) === "old" && two.synced);
  const events = replacements(two);
  bed.setOnline("b", false);
  write(two, "late ");
  await bed.done(two.flush());
  await bed.done(a.kv.delete(key));
  await until(bed, () => textOf(one) === "");
  write(one, "new");
  await bed.done(one.flush());
  bed.setOnline("b", true);
  await until(bed, () => two.synced && textOf(two) === "new");
  expect(events.map(({ reason, previous }) => [reason, previous.getText("t").toString()])).toEqual([
    ["overwritten", "late old"],
  ]);
});

test("an edit that the relay refuses gives a fresh document, and stays in the old one", async () => {
  const bed = await AppBed.open();
  const [a, b] = [await bed.openApp("a"), await bed.openApp("b")];
  const [one, two] = [open(a), open(b)];
  write(one, "agreed ");
  await until(bed, () => textOf(two) === "agreed " && two.synced);
  const events = replacements(two);
  bed.setOnline("b", false);
  // The commit fails there by its check, and the edit with it.
  const entry = await bed.done(b.kv.get(["card"]));
  const done = two.transact(
    (doc) => doc.getText("t").insert(0, "mine "),
    b.kv.atomic().check(entry).set(["card"], "b"),
  );
  await bed.done(done);
  await bed.done(a.kv.set(["card"], "a"));
  await bed.quiet(a);
  bed.setOnline("b", true);
  await until(bed, () => events.length > 0 && two.synced);
  expect(events).toMatchObject([{ reason: "rejected", lost: null, doc: two.doc }]);
  expect([textOf(two), events[0]?.previous.getText("t").toString()]).toEqual(["agreed ", "mine agreed "]);
  await bed.quiet(a, b);
  expect(await bed.done(b.kv.sync.rejected())).toHaveLength(1);
});

test("an edit that waits for a ruling which does not come stays with what it was committed with", async () => {
  const bed = await AppBed.open();
  const a = await bed.openApp("a");
  const one = open(a);
  await bed.done(one.whenSynced);
  const outcome = one
    .transact((doc) => doc.getText("t").insert(0, "done"), a.kv.atomic().set(["card"], "done"), {
      confirm: "relay",
    })
    .catch((error: { code?: string }) => error.code);
  await until(bed, () => a.host.state.pendingCount === 1);
  bed.setOnline("a", false);
  expect(await bed.done(outcome)).toBe("outcome-unknown");
  expect([textOf(one), one.saved]).toEqual(["done", true]);
  bed.setOnline("a", true);
  await until(bed, () => one.synced);
  const card = await bed.done(a.kv.get(["card"]));
  expect([textOf(one), card.value, bed.relay.head]).toEqual(["done", "done", 1]);
});

test("a document that another tab hands to a relay goes on, with what was not saved yet", async () => {
  const bed = await AppBed.open();
  const device = bed.device("a");
  const alone = await bed.openTab(device, { hasRelay: false });
  const one = open(alone);
  const events = replacements(one);
  write(one, "before ");
  await bed.done(one.flush());
  const opening = bed.openTab(device);
  write(one, "during ");
  await opening;
  await bed.quiet(alone);
  write(one, "after ");
  await bed.done(one.flush());
  await bed.quiet(alone);
  const theirs = open(await bed.openApp("b"));
  await until(bed, () => textOf(theirs) === "after during before ");
  expect([textOf(one), events]).toEqual([textOf(theirs), []]);
});

test("a document is not synced before it may be here", async () => {
  const bed = await AppBed.open();
  const theirs = open(await bed.openApp("far"));
  write(theirs, "theirs");
  await bed.done(theirs.whenSynced);
  const near = await bed.openFollowing("near", ["other"]);
  const mine = open(near);
  await bed.done(mine.whenLoaded);
  await bed.world.pass(1000);
  expect([mine.synced, textOf(mine)]).toEqual([false, ""]);
  await bed.done(near.kv.sync.follow([["notes"]]));
  await bed.done(mine.whenSynced);
  expect(textOf(mine)).toBe("theirs");
});

test("a document of a bucket that another tab hands to a relay is not synced before the relay is heard", async () => {
  const bed = await AppBed.open();
  const device = bed.device("a");
  const one = open(await bed.openTab(device, { hasRelay: false }));
  await bed.done(one.whenSynced);
  bed.setOnline("a", false);
  await bed.openTab(device);
  await until(bed, () => !one.synced);
  bed.setOnline("a", true);
  await until(bed, () => one.synced);
});

test("an edit of a moment ago is not synced when the user signs out", async () => {
  const bed = await AppBed.open();
  const a = await bed.openApp("a");
  const one = open(a);
  write(one, "first ");
  await bed.done(one.whenSynced);
  bed.setOnline("a", false);
  await bed.done(one.flush());
  write(one, "last ");
  const signedOut = await bed.done(a.kv.sync.signOut());
  expect(signedOut).toMatchObject({ ok: false, unsynced: { pending: 1 } });
  expect(one.saved).toBe(true);
});

test("an edit of a document that is not here yet is saved when it is", async () => {
  const bed = await AppBed.open();
  const far = await bed.openApp("far");
  const theirs = open(far);
  write(theirs, "theirs");
  await bed.done(theirs.whenSynced);
  const near = await bed.openFollowing("near", ["other"]);
  const mine = open(near);
  await bed.done(mine.whenLoaded);
  write(mine, "mine ");
  await until(bed, () => mine.error !== undefined);
  expect([mine.saved, mine.synced]).toEqual([false, false]);
  await bed.done(near.kv.sync.follow([["notes"]]));
  await until(bed, () => mine.synced && textOf(theirs).length === 11);
  expect(textOf(mine)).toBe(textOf(theirs));
});

test("who is present is seen in the other tab and on the other device, and is gone with its tab", async () => {
  const bed = await AppBed.open();
  const device = bed.device("a");
  const [first, second] = [await bed.openTab(device), await bed.openTab(device)];
  const far = await bed.openApp("b");
  await bed.live(first);
  const [one, two, three] = [open(first), open(second), open(far)];
  for (const [document, name] of [
    [one, "Ada"],
    [two, "Ben"],
    [three, "Cleo"],
  ] as const) {
    document.awareness.setLocalStateField("name", name);
  }
  await until(bed, () => [one, two, three].every((document) => seenBy(document) === "Ada Ben Cleo"));
  await bed.done(three.destroy());
  await until(bed, () => seenBy(one) === "Ada Ben" && seenBy(two) === "Ada Ben");
  second.kill();
  await until(bed, () => seenBy(one) === "Ada");
});
