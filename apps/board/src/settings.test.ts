/**
 * Where the board finds its relay: the page's address, config.json, the usual port.
 */
import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const config = async (): Promise<unknown> => ({ relay: "ws://127.0.0.1:9000" });
const noConfig = async (): Promise<unknown> => undefined;

test("without a word from anybody the relay is on its usual port of the page's host", async () => {
  const settings = await readSettings(new URL("http://127.0.0.1:5173/"), noConfig);
  expect(settings).toEqual({ bucket: "board", relay: "ws://127.0.0.1:8787" });
});

test("a page that came encrypted looks for an encrypted relay", async () => {
  const { relay } = await readSettings(new URL("https://board.example/"), noConfig);
  expect(relay).toBe("wss://board.example:8787");
});

test("config.json names the relay, and the page's address overrules it", async () => {
  expect((await readSettings(new URL("http://127.0.0.1:5173/"), config)).relay).toBe("ws://127.0.0.1:9000");
  const address = new URL("http://127.0.0.1:5173/?relay=ws://127.0.0.1:9100&bucket=attic");
  expect(await readSettings(address, config)).toEqual({ bucket: "attic", relay: "ws://127.0.0.1:9100" });
});

test("relay=off keeps the board on this device", async () => {
  expect((await readSettings(new URL("http://127.0.0.1:5173/?relay=off"), noConfig)).relay).toBeUndefined();
});

test.each([null, "text", { relay: 1 }, {}])("a config.json that holds %j is passed over", async (config) => {
  const { relay } = await readSettings(new URL("http://127.0.0.1:5173/"), async () => config);
  expect(relay).toBe("ws://127.0.0.1:8787");
});
