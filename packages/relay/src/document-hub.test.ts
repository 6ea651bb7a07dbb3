/**
 * Documents as other parts of the relay reach them: pushes of its own host, reads, and word of every turn.
 */
import { wholeBucket } from "@rockpool/model";
import { expect, test } from "vitest";
import { allRights, type Rights } from "./access.ts";
import { BucketHub } from "./bucket-hub.ts";
import { key, remove, set } from "./commit-fixture.ts";
import type { DocumentNews } from "./document-hub.ts";
import { Author } from "./document-fixture.ts";
import type { Engine } from "./engine.ts";
import { openMemoryEngine } from "./memory-engine.ts";
import { createRelayConfig } from "./relay-config.ts";
import { openHeldEngine } from "./relay-fixture.ts";

const openHub = async (engine: Engine) => {
  const failures: unknown[] = [];
  const config = createRelayConfig();
  const options = {
    engine,
    config,
    now: () => 1_700_000_000_000,
    onError: (error: unknown) => void failures.push(error),
    onFailed: (error: unknown) => void failures.push(error),
  };
  const hub = new BucketHub("b", await engine.openBucket("b"), options);
  return { hub, documents: hub.documents, failures };
};

const author = { rights: allRights };

test("a push is ruled like any other, told to who watches, and then answered", async () => {
  await using engine = await openMemoryEngine();
  const { documents } = await openHub(engine);
  const heard: (DocumentNews | string)[] = [];
  const stop = documents.watch(key("k"), (news) => heard.push(news));
  const ann = new Author("ann");
  const [one, two] = [ann.update("h"), ann.update("i")];
  const push = (update: Uint8Array) =>
    documents
      .push(author, [{ type: "merge", key: key("k"), update, incarnation: null }])
      .then((result) => heard.push(`${result.ruling.type} ${result.revision}`));
  await Promise.all([push(one), push(two)]);
  expect(heard).toEqual([
    { type: "grown", incarnation: 0, updates: [one, two], head: 2 },
    "accepted 1",
    "accepted 2",
  ]);
  expect(await documents.read(key("k"))).toEqual({
    type: "document",
    incarnation: 0,
    updates: [one, two],
    revision: 2,
    head: 2,
  });
  stop();
  await push(ann.update("!"));
  expect(heard.slice(3)).toEqual(["accepted 3"]);
});

test("who watches hears when the document ends, and of the next one under its incarnation", async () => {
  await using engine = await openMemoryEngine();
  const { documents } = await openHub(engine);
  const heard: DocumentNews[] = [];
  const update = new Author("ann").update("x");
  const merge = { type: "merge", key: key("k"), update, incarnation: null } as const;
  await documents.push(author, [merge]);
  documents.watch(key("k"), (news) => heard.push(news));
  await documents.push(author, [remove("k")]);
  expect(await documents.read(key("k"))).toEqual({ type: "none", incarnation: 2, head: 2 });
  await documents.push(author, [merge]);
  await documents.push(author, [set("k", "text")]);
  expect(await documents.read(key("k"))).toEqual({ type: "other", head: 4 });
  await Promise.all([documents.push(author, [remove("k")]), documents.push(author, [merge])]);
  expect(heard).toEqual([
    { type: "ended", head: 2 },
    { type: "grown", incarnation: 2, updates: [update], head: 3 },
    { type: "ended", head: 4 },
    { type: "grown", incarnation: 5, updates: [update], head: 6 },
  ]);
  expect(await documents.read(key("never"))).toEqual({ type: "none", incarnation: 0, head: 6 });
});

test("a push may do what its author may when it is ruled, and is refused when the rights are gone", async () => {
  await using engine = await openMemoryEngine();
  const { documents } = await openHub(engine);
  let rights: Rights | undefined = { read: wholeBucket, write: [] };
  const who = {
    get rights() {
      return rights;
    },
  };
  const merge = {
    type: "merge",
    key: key("k"),
    update: new Author("a").update("x"),
    incarnation: null,
  } as const;
  expect(await documents.push(who, [merge])).toMatchObject({
    ruling: { type: "rejected", reason: { type: "permission" } },
  });
  const refused = documents.push(who, [merge]);
  rights = undefined;
  await expect(refused).rejects.toMatchObject({ code: "unauthorized" });
});

test("a storage that fails fails what waits and what comes", async () => {
  const { engine, fail } = await openHeldEngine();
  const { documents, failures } = await openHub(engine);
  fail(true);
  const push = () => documents.push(author, [set("k", "x")]);
  await expect(push()).rejects.toMatchObject({ code: "unavailable" });
  await expect(push()).rejects.toMatchObject({ code: "unavailable" });
  expect(failures).toHaveLength(1);
});

test("what is pushed is later than the deletion that was read", async () => {
  await using engine = await openMemoryEngine();
  const { hub, documents } = await openHub(engine);
  const ahead = { replica: "r", rights: allRights };
  const stamp = `${(1_700_000_000_000 + 30_000).toString(16).padStart(12, "0")}0000-x` as never;
  hub.enqueue(ahead, [{ name: { host: "x", n: 1 }, tag: "t", stamp, checks: [], mutations: [remove("k")] }]);
  await hub.drain();
  await documents.read(key("k"));
  const update = new Author("a").update("x");
  const result = await documents.push(author, [{ type: "merge", key: key("k"), update, incarnation: null }]);
  expect(result.ruling).toEqual({ type: "accepted", superseded: [] });
});
