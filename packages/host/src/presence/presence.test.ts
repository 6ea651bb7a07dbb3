/**
 * Presence of tabs that ended: what they said is not heard after their end, and they are not remembered for ever.
 */
import { packKey } from "@rockpool/model";
import { expect, test } from "vitest";
import { Presence } from "./presence.ts";

const key = packKey(["d"]);

/** The presence of a tab that has the document open, and what its app heard. */
const bench = () => {
  const heard: Uint8Array[] = [];
  const presence = new Presence({
    host: "own",
    emit: (event) => void (event.type === "aware" && heard.push(event.update)),
    post: () => {},
    send: () => "closed",
    environment: { setTimer: () => () => {} },
  });
  presence.attend([key]);
  const say = (host: string): void =>
    presence.hear({ type: "aware", host, source: 1, key, update: Uint8Array.of(1), end: Uint8Array.of(2) });
  return { presence, heard, say };
};

test("what a tab said is not heard after its end, unless so many ended since that it cannot be late", () => {
  const { presence, heard, say } = bench();
  presence.onGone("first");
  say("first");
  expect(heard).toEqual([]);
  for (let n = 1; n < 1000; n++) presence.onGone(`host ${n}`);
  say("first");
  expect(heard).toEqual([]);
  presence.onGone("host 1000");
  say("host 1");
  expect(heard).toEqual([]);
  say("first");
  expect(heard).toEqual([Uint8Array.of(1)]);
});
