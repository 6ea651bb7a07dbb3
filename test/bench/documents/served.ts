/**
 * What a server holds in memory for large documents: while clients have them open, and when all have gone.
 */
import { setTimeout as delay } from "node:timers/promises";
import { megabytes, printTable } from "./figures.ts";
import type { MeasuredServer } from "./measured-server.ts";

/** A client in Node that gives a document to a server, and holds it open until it is closed. */
export interface ServedDocument {
  close(): Promise<void>;
}

/** A side that is served. `place` puts a document there; fulfilled when the server has it. */
export interface ServedSide {
  readonly name: string;
  readonly server: MeasuredServer;
  readonly place: (server: string, name: string, update: Uint8Array) => Promise<ServedDocument>;
  /** Bytes of the server's files, 0 where it keeps none. */
  readonly fileBytes: () => Promise<number>;
}

const documents = 20;
/** Time for what a server does when nobody asks for anything. */
const idleMs = 5000;

/** Measures each side and prints a table of it. */
export const compareServed = async (sides: readonly ServedSide[], update: Uint8Array): Promise<void> => {
  const rows = [["", "at start", "open", "all gone", "resident, at start", "open", "all gone", "files"]];
  for (const { name, server, place, fileBytes } of sides) {
    const start = await server.use();
    const placed: ServedDocument[] = [];
    for (let n = 0; n < documents; n++) placed.push(await place(server.url, `served-${n}`, update));
    await delay(idleMs);
    const open = await server.use();
    for (const document of placed) await document.close();
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
