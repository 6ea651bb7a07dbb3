/**
 * What a server holds in memory for large documents: while clients have them open, and when all have gone.
 */
import { setTimeout as delay } from "node:timers/promises";
import { megabytes, printTable } from "./figures.ts";
import type { MeasuredServer } from "./measured-server.ts";

/** Clients in Node that gave documents to a server, and hold them open until they are closed. */
export interface PlacedDocuments {
  close(): Promise<void>;
}

/** A side that is served. `place` puts documents there, all made by one update; fulfilled when the server has them. */
export interface ServedSide {
  readonly name: string;
  readonly server: MeasuredServer;
  readonly place: (server: string, names: readonly string[], update: Uint8Array) => Promise<PlacedDocuments>;
  /** Bytes of the server's files, 0 where it keeps none. */
  readonly fileBytes: () => Promise<number>;
}

const documents = 20;
/** Time for what a server does when nobody asks for anything. */
const idleMs = 5000;

/** Measures each side and prints a table of it. */
export const compareServed = async (sides: readonly ServedSide[], update: Uint8Array): Promise<void> => {
  const names = Array.from({ length: documents }, (_, n) => `served-${n}`);
  const rows = [["", "at start", "open", "all gone", "resident, at start", "open", "all gone", "files"]];
  for (const { name, server, place, fileBytes } of sides) {
    const start = await server.use();
    const placed = await place(server.url, names, update);
    await delay(idleMs);
    const open = await server.use();
    await placed.close();
    await delay(idleMs);
    const gone = await server.use();
    const uses = [start, open, gone];
    rows.push([
      name,
      ...uses.map(({ heldBytes }) => megabytes(heldBytes)),
      ...uses.map(({ residentBytes }) => megabytes(residentBytes)),
      megabytes(await fileBytes()),
    ]);
  }
  printTable(`A server with ${documents} large documents; held (garbage collected) and resident`, rows);
};
