/**
 * Presence between handles of one bucket: of one tab, of two tabs in this process, and at a bounded rate.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { awareBytesMax } from "@rockpool/model";
import type { Kv } from "../kv.ts";
import { openKv } from "../open-kv.ts";
import { documentAccess, type Presence } from "./document-access.ts";

const key = ["note"];

let opened: Kv[];
let name: string;

beforeEach(() => {
  opened = [];
  name = `presence-${crypto.randomUUID()}`;
});

afterEach(async () => {
  for (const kv of opened) await kv[Symbol.asyncDispose]();
});

const openTab = async (): Promise<Kv> => {
  const kv = await openKv(name);
  opened.push(kv);
  return kv;
};

/** A presence that keeps what it hears, and waits for it. */
class Heard {
  readonly presence: Presence;
  /** Each once: what is said may come again. */
  readonly texts: Set<string> = new Set();
  #onText: () => void = () => {};

  constructor(kv: Kv, at: readonly string[] = key) {
    this.presence = documentAccess(kv).openPresence(at, {
      onUpdate: (update) => {
        this.texts.add(new TextDecoder().decode(update));
        this.#onText();
      },
      onAsked: () => {},
      onUnheard: () => {},
    });
  }

  say(text: string): void {
    const encoder = new TextEncoder();
    this.presence.say(encoder.encode(text), encoder.encode(`no ${text}`));
  }

  /** Fulfilled when the text was heard. */
  until(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onText = () => {
        if (this.texts.has(text)) resolve();
      };
      this.#onText();
    });
  }
}

test("two tabs hear each other at a document, and of the end of one that is closed", async () => {
  const [ada, bob] = [await openTab(), await openTab()];
  const ofBob = new Heard(bob);
  const ofAda = new Heard(ada);
  ofAda.say("ada");
  await ofBob.until("ada");
  ofBob.say("bob");
  await ofAda.until("bob");
  await ada[Symbol.asyncDispose]();
  await ofBob.until("no ada");
  expect([...ofBob.texts]).toEqual(["ada", "no ada"]);
});

test("two handles of one tab hear each other as two tabs do, whoever comes first", async () => {
  const [kv, other] = [await openTab(), await openTab()];
  const first = new Heard(kv);
  first.say("first");
  const second = new Heard(kv);
  await second.until("first");
  second.say("second");
  await first.until("second");
  const elsewhere = new Heard(other);
  await elsewhere.until("first");
  await elsewhere.until("second");
  first.presence.close();
  await second.until("no first");
  await elsewhere.until("no first");
  expect(elsewhere.texts.has("no second")).toBe(false);
});

test("of what is said in a short time the first and the last are heard", async () => {
  const [ada, bob] = [await openTab(), await openTab()];
  const ofBob = new Heard(bob);
  const ofAda = new Heard(ada);
  for (let at = 0; at < 100; at++) ofAda.say(`at ${at}`);
  await ofBob.until("at 99");
  expect([...ofBob.texts]).toEqual(["at 0", "at 99"]);
});

test("who closed a presence hears and says nothing any more, twice closed or not", async () => {
  const [ada, bob] = [await openTab(), await openTab()];
  const ofBob = new Heard(bob);
  const [ofAda, second] = [new Heard(ada), new Heard(ada)];
  ofAda.say("ada");
  ofAda.presence.close();
  ofAda.presence.close();
  second.say("second");
  await ofBob.until("second");
  ofBob.say("bob");
  await second.until("bob");
  expect([[...ofBob.texts], [...ofAda.texts]]).toEqual([["ada", "no ada", "second"], []]);
});

test("what is too large is refused at the call, and so is another bucket's handle and a closed one", async () => {
  const kv = await openTab();
  const { presence } = new Heard(kv);
  expect(() => presence.say(new Uint8Array(awareBytesMax + 1), new Uint8Array())).toThrow(TypeError);
  expect(() => documentAccess({} as Kv)).toThrow(TypeError);
  const access = documentAccess(kv);
  expect(access.closed.aborted).toBe(false);
  await kv[Symbol.asyncDispose]();
  expect(access.closed.reason).toMatchObject({ code: "closed" });
  expect(() => new Heard(kv)).toThrow(expect.objectContaining({ code: "closed" }));
});
