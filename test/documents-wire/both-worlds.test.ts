/**
 * Two stock y-websocket clients and two browsers with Rockpool on one document: edits at random, each offline
 * for a while, the relay killed in the middle. All end equal, and nothing that was acknowledged as saved is
 * missing when the relay is back. ROCKPOOL_OFFLINE_MS sets for how long each is offline (1,500),
 * ROCKPOOL_DOCUMENTS_SEED with which draws.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packKey, roomOfKey } from "@rockpool/model";
import { expect, onTestFinished, test, vi } from "vitest";
import { serveFolder } from "../../scripts/serve-folder.ts";
import { buildSite } from "../browser/built-site.ts";
import { RelayProcess } from "../browser/relay-process.ts";
import { BrowserTab } from "../crash/browser-tab.ts";
import { CrashBrowser } from "../crash/crash-browser.ts";
import { seededRandom } from "../fake-environment.ts";
import { Line } from "./line.ts";
import type { Writer } from "./page/writer.ts";
import { contentOf, RandomWriter } from "./random-writer.ts";
import { StockClient, until } from "./stock-client.ts";

const offlineMs = Number(process.env["ROCKPOOL_OFFLINE_MS"] ?? 1500);
const seed = Number(process.env["ROCKPOOL_DOCUMENTS_SEED"] ?? Date.now() % 1_000_000);
const everyMs = 40;
/** Longest wait for all to be equal, in ms. */
const settleMsMax = 60_000;

const key = ["notes", "shared"];
const room = roomOfKey(packKey(key));
const bucket = `bucket-${randomUUID()}`;

/** Somebody who edits, in either world. */
interface Author {
  readonly name: string;
  readonly line: Line;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Back from offline. */
  wake(): Promise<void>;
  /** Edits made, and how many of them were acknowledged as saved. */
  count(): Promise<{ readonly made: number; readonly confirmed: number }>;
  content(): Promise<ReturnType<typeof contentOf>>;
}

class WriterTab extends BrowserTab {
  async call<Name extends keyof Writer>(
    name: Name,
    ...args: Parameters<Writer[Name]>
  ): Promise<Awaited<ReturnType<Writer[Name]>>> {
    const expression = `writer.${name}(...${JSON.stringify(args)})`;
    return (await this.evaluate(expression)) as Awaited<ReturnType<Writer[Name]>>;
  }

  protected override hear(): void {
    // The page is asked, and says nothing by itself.
  }
}

const openBrowserAuthor = async (name: string, line: Line, tab: WriterTab): Promise<Author> => {
  await tab.call("open", bucket, line.url, key, name, seed + name.charCodeAt(0));
  return {
    name,
    line,
    start: () => tab.call("start", everyMs),
    stop: () => tab.call("stop"),
    wake: () => tab.call("wake"),
    count: () => tab.call("count"),
    content: () => tab.call("content"),
  };
};

const openStockAuthor = (name: string, line: Line): Author => {
  const client = new StockClient(line.url, bucket, room);
  onTestFinished(() => client[Symbol.dispose]());
  const writer = new RandomWriter(name, () => client.doc, seededRandom(seed + name.charCodeAt(0)));
  let timer: NodeJS.Timeout | undefined;
  let confirmed = 0;
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const confirm = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const { made } = writer;
      // Closed before the answer: it is asked again.
      const isSaved = await client.saved().then(
        () => true,
        () => false,
      );
      if (isSaved) confirmed = made;
      await sleep(20);
    }
  };
  void confirm();
  return {
    name,
    line,
    start: async () => void (timer = setInterval(() => writer.tick(), everyMs)),
    stop: async () => clearInterval(timer),
    wake: async () => undefined,
    count: async () => ({ made: writer.made, confirmed }),
    content: async () => contentOf(client.doc),
  };
};

const marksOf = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);

const openAuthors = async (relay: RelayProcess, folder: string): Promise<readonly Author[]> => {
  const server = await serveFolder(await buildSite("writer"), "127.0.0.1", 0);
  const browser = await CrashBrowser.launch(join(folder, "profile"), "leveldb");
  onTestFinished(async () => {
    await browser.kill();
    await server.close();
  });
  const lines = await Promise.all(["a", "b", "c", "d"].map(() => Line.open(() => relay.url)));
  onTestFinished(() => lines.forEach((line) => line.close()));
  const contexts = [await browser.addContext(), await browser.addContext()];
  return Promise.all(
    lines.map(async (line, index) => {
      const name = "abcd".charAt(index);
      if (index >= contexts.length) return openStockAuthor(name, line);
      const tab = new WriterTab(await browser.addTab(contexts[index]), "say");
      await tab.load(server.url);
      return openBrowserAuthor(name, line, tab);
    }),
  );
};

test(`both worlds edit one document (seed ${seed})`, { timeout: 120_000 + 4 * offlineMs }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-documents-"));
  const relay = new RelayProcess(() => join(folder, "relay.sqlite"));
  onTestFinished(async () => {
    await relay.end("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  });
  await relay.start();
  const authors = await openAuthors(relay, folder);
  const counts = (): Promise<readonly { made: number; confirmed: number }[]> =>
    Promise.all(authors.map((author) => author.count()));
  await Promise.all(authors.map((author) => author.start()));
  const isUnderWay = async (): Promise<boolean> => {
    const now = await counts();
    const waiting = now.filter(({ made, confirmed }) => made > confirmed);
    return now.every(({ confirmed }) => confirmed > 10) && waiting.length > 1;
  };
  await vi.waitUntil(isUnderWay, { timeout: 30_000 });

  // Killed while all of them write; what was acknowledged before is there, though nobody brings it back.
  await relay.end("SIGKILL");
  const acknowledged = await counts();
  for (const { line } of authors) line.cut();
  await relay.start();
  {
    using witness = new StockClient(relay.url, bucket, room);
    await witness.synced();
    const { marks } = contentOf(witness.doc);
    const expected = authors.flatMap(({ name }, index) => marksOf(name, acknowledged[index]?.confirmed ?? 0));
    expect(expected.filter((mark) => !marks.includes(mark))).toEqual([]);
  }
  for (const author of authors) {
    author.line.mend();
    await author.wake();
  }

  // Each is offline for a while, two at a time.
  await Promise.all(
    authors.map(async ({ line, wake }, index) => {
      await sleep((index * offlineMs) / 2);
      line.cut();
      await sleep(offlineMs);
      line.mend();
      await wake();
    }),
  );
  await Promise.all(authors.map((author) => author.stop()));
  const made = await counts();
  const all = authors.flatMap(({ name }, index) => marksOf(name, made[index]?.made ?? 0)).toSorted();

  using last = new StockClient(relay.url, bucket, room);
  const states = async (): Promise<readonly string[]> => {
    for (const author of authors) await author.wake();
    const contents = await Promise.all(authors.map((author) => author.content()));
    return [...contents, contentOf(last.doc)].map((content) => JSON.stringify(content));
  };
  const endMs = Date.now() + settleMsMax;
  for (let now = await states(); ; now = await states()) {
    const isEqual = new Set(now).size === 1 && contentOf(last.doc).marks.length === all.length;
    if (isEqual || Date.now() > endMs) break;
    await sleep(50);
  }
  expect(new Set(await states()).size).toBe(1);
  expect(contentOf(last.doc).marks).toEqual(all);
  await until(
    () => last.closeCodes.length === 0,
    () => "the last client was never closed",
  );
  process.stdout.write(
    `${JSON.stringify({ seed, offlineMs, edits: all.length, length: last.text.length, acknowledged })}\n`,
  );
});
