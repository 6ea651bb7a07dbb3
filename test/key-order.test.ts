/**
 * The order of keys where Node can hold them: in an IndexedDB made of JavaScript, and as bytes in
 * SQLite, where the relay keeps them.
 */
import { DatabaseSync } from "node:sqlite";
import { type Key, packedToBytes, packKey, unpackKey, bytesToPacked } from "@rockpool/model";
import { anyKeyPair, compareKeys } from "@rockpool/model/key-arbitrary";
import { indexedDB } from "fake-indexeddb";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { describeKeyOrder } from "./key-order-suite.ts";

describeKeyOrder("fake-indexeddb", indexedDB);

test("SQLite orders any keys, kept as bytes, like the keys themselves", () => {
  using database = new DatabaseSync(":memory:");
  database.exec("create table entry (key blob primary key) without rowid");
  const insert = database.prepare("insert or ignore into entry values (?)");
  const select = database.prepare("select key from entry order by key");
  fc.assert(
    fc.property(fc.array(anyKeyPair, { minLength: 100, maxLength: 100 }), (pairs) => {
      database.exec("delete from entry");
      for (const key of pairs.flat()) insert.run(packedToBytes(packKey(key)));
      const ordered = select.all().map(({ key }): Key => unpackKey(bytesToPacked(key as Uint8Array)));
      expect(ordered.length).toBe(new Set(pairs.flat().map((key) => packKey(key))).size);
      for (const [index, key] of ordered.slice(1).entries()) {
        expect(compareKeys(ordered[index] as Key, key)).toBe(-1);
      }
    }),
    { numRuns: 100 },
  );
});
