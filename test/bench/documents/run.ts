/**
 * Documents beside y-indexeddb and y-websocket, in one run of a real Chromium: what a document of the size of B4 of the
 * public crdt-benchmarks costs to keep, to load, to type into and to serve. Figures to read, never to assert. Started
 * by `npm run bench:documents`.
 */
import { fileURLToPath } from "node:url";
import * as Y from "yjs";
import { withBuiltPage } from "../built-page.ts";
import { kilobytes } from "./figures.ts";
import { compareKept, type OpenEditor, type Subject } from "./kept.ts";
import { compareLive } from "./live.ts";
import { MeasuredServer } from "./measured-server.ts";
import { placeByYWebsocket } from "./placed.ts";
import { compareServed } from "./served.ts";
import { deletesOfTrace, documentOfTrace, insertsOfTrace, traceSeed } from "./trace.ts";

const document = documentOfTrace(traceSeed);
const update = Y.encodeStateAsUpdate(document);
const subjects: readonly Subject[] = [
  { name: "empty", update: null, length: 0 },
  { name: "B4", update: Buffer.from(update).toString("base64"), length: document.getText("text").length },
];
process.stdout.write(
  `A trace of the size of B4, generated from seed ${traceSeed}: ${insertsOfTrace} inserts, ${deletesOfTrace} deletes, ` +
    `${document.getText("text").length} characters, ${kilobytes(update.length)} as one update.\n`,
);

await withBuiltPage(new URL("page", import.meta.url), async (openTab, url) => {
  const openEditor: OpenEditor = async (device) => {
    const page = await openTab(device);
    await page.goto(url);
    await page.waitForFunction(() => "editor" in globalThis);
    return page;
  };
  await compareKept(["alone", "y-indexeddb"], subjects, openEditor);
  await using yWebsocket = await startYWebsocket();
  await compareLive([{ side: "y-websocket", server: yWebsocket }], subjects, openEditor);
});
{
  await using yWebsocket = await startYWebsocket();
  await compareServed(
    [{ name: "y-websocket", server: yWebsocket, place: placeByYWebsocket, fileBytes: async () => 0 }],
    update,
  );
}

function startYWebsocket(): Promise<MeasuredServer> {
  return MeasuredServer.start(fileURLToPath(new URL("y-websocket-server.ts", import.meta.url)), []);
}
