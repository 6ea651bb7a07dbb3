/**
 * Rooms of y-websocket clients: each names one key, and every key has one.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { keyOfRoom, roomOfKey } from "./document-room.ts";
import { anyKey } from "./key-arbitrary.ts";
import type { Key } from "./key.ts";
import { keyBytesMax } from "./limits.ts";
import { isPackedKeyForWrite, packKey, unpackKey } from "./packed-key.ts";

const keyNamed = (room: string): Key | undefined => {
  const packed = keyOfRoom(room);
  return packed === undefined ? undefined : unpackKey(packed);
};

test.each<[Key, string]>([
  [["notes"], "notes"],
  [["board", "card 1", "note"], "board/card%201/note"],
  [["a/b", "50%", "ü?#"], "a%2Fb/50%25/%C3%BC%3F%23"],
])("a key of strings is a path: %j", (key, room) => {
  expect(roomOfKey(packKey(key))).toBe(room);
  expect(keyNamed(room)).toEqual(key);
});

test.each<[string, Key]>([
  ["a number", ["notes", 1]],
  ["bytes", [Uint8Array.of(1, 2)]],
  ["an empty part", ["a", "", "b"]],
  ["a part that addresses fold away", ["a", "..", "b"]],
  ["a dot", ["."]],
  ["the sign of the other form", ["~a"]],
])("a key with %s is written as its packed form", (_, key) => {
  const room = roomOfKey(packKey(key));
  expect(room).toMatch(/^~[\w-]+$/);
  expect(keyNamed(room)).toEqual(key);
});

test("the room of any key names that key, through an address as browsers read it", () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const packed = packKey(key);
      if (!isPackedKeyForWrite(packed)) return;
      const room = roomOfKey(packed);
      const { pathname } = new URL(`ws://relay.example/y/bucket/${room}?token=t`);
      expect(pathname).toBe(`/y/bucket/${room}`);
      expect(keyOfRoom(room)).toBe(packed);
    }),
  );
});

test("a room as people write it names the key too", () => {
  expect(keyNamed("prosemirror demo")).toEqual(["prosemirror demo"]);
  expect(keyNamed("a:b/ü")).toEqual(["a:b", "ü"]);
});

test.each(["", "a//b", "a/", "/a", "50%", "%FF", "~", "~*", "~AA", "~AmEA/b", `${"a".repeat(keyBytesMax)}`])(
  "%j names no key",
  (room) => {
    expect(keyOfRoom(room)).toBeUndefined();
  },
);
