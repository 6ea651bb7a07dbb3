/**
 * Documents beside y-indexeddb and y-websocket, in one run of a real Chromium: what a document of the size of B4 of the
 * public crdt-benchmarks costs to keep, to load, to type into and to serve. Figures to read, never to assert. Started
 * by `npm run bench:documents`; `node test/bench/documents/run.ts kept` measures only that, `live` and `served` likewise.
 */
import * as Y from "yjs";
import { withBuiltPage } from "../built-page.ts";
import { kilobytes } from "./figures.ts";
import { compareKept, type OpenEditor, type Subject } from "./kept.ts";
import { compareLive } from "./live.ts";
import { placeByRockpool, placeByYWebsocket } from "./placed.ts";
import { compareServed } from "./served.ts";
import { type ServerOfSide, startRelay, startYWebsocket } from "./servers.ts";
import { deletesOfTrace, documentOfTrace, insertsOfTrace, traceSeed } from "./trace.ts";

const wanted = process.argv.slice(2);
const isWanted = (part: string): boolean => wanted.length === 0 || wanted.includes(part);

const document = documentOfTrace(traceSeed);
const update = Y.encodeStateAsUpdate(document);
const { length } = document.getText("text");
const subjects: readonly Subject[] = [
  { name: "empty", update: null, length: 0 },
  { name: "B4", update: Buffer.from(update).toString("base64"), length },
];
process.stdout.write(
  `A trace of the size of B4, generated from seed ${traceSeed}: ${insertsOfTrace} inserts, ${deletesOfTrace} deletes, ` +
    `${length} characters, ${kilobytes(update.length)} as one update.\n`,
);

await withBuiltPage(new URL("page", import.meta.url), async (openTab, url) => {
  const openEditor: OpenEditor = async (device) => {
    const page = await openTab(device);
    await page.goto(url);
    await page.waitForFunction(() => "editor" in globalThis);
    return page;
  };
  if (isWanted("kept")) {
    await compareKept(["alone", "y-indexeddb", "rockpool", "rockpool merges"], subjects, openEditor);
  }
  if (isWanted("live")) {
    await withServers(async (yWebsocket, relay) => {
      const sides = [
        { side: "y-websocket", server: yWebsocket.server },
        { side: "rockpool", server: relay.server },
      ] as const;
      await compareLive(sides, subjects, openEditor);
    });
  }
});

if (isWanted("served")) {
  await withServers(async (yWebsocket, relay) => {
    const sides = [
      { name: "y-websocket", place: placeByYWebsocket, ...yWebsocket },
      { name: "rockpool", place: placeByRockpool, ...relay },
    ];
    await compareServed(sides, update);
  });
}

async function withServers(
  work: (yWebsocket: ServerOfSide, relay: ServerOfSide) => Promise<void>,
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  await work(await startYWebsocket(cleanup), await startRelay(cleanup));
}
