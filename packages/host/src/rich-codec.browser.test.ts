/**
 * The rich codec in a browser: platform objects, other realms, and errors as this engine makes
 * them.
 */
import { cloneStorable, decodeValue, digestOf, encodeValue, type PlainValue } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { server } from "vitest/browser";
import { decodeRich, encodeRich } from "./rich-codec.ts";

describe("in a browser", () => {
  test("DOM nodes, files and windows are refused by their path", () => {
    const node = Object.assign(document.createElement("div"), { fiber: { render: () => 1 } });
    expect(() => cloneStorable({ list: [node] })).toThrow(
      /^value\.list\[0\] is a HTMLDivElement and cannot be stored/,
    );
    expect(() => cloneStorable({ file: new File([], "a") })).toThrow(/^value\.file is a File /);
    expect(() => cloneStorable({ at: new URL("https://example.org") })).toThrow(/^value\.at is a URL /);
    expect(() => cloneStorable({ w: window })).toThrow(/^value\.w is a Window /);
    expect(() => cloneStorable(new AbortController().signal)).toThrow(/^value is an AbortSignal /);
  });

  test("objects of another realm are kept as those of this one", () => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const realm = frame.contentWindow as unknown as { eval(code: string): unknown };
    // oxlint-disable-next-line no-eval -- the only way to make values in another realm
    const foreign = realm.eval(
      "({ map: new Map([[1, new Date(5)]]), bytes: new Uint8Array([1, 2]), error: new TypeError('e') })",
    );
    const decoded = decodeRich(encodeRich(foreign) as Parameters<typeof decodeRich>[0]) as Record<
      string,
      unknown
    >;
    // oxlint-disable-next-line no-eval
    const bytes = encodeValue(realm.eval("new Uint8Array([1, 2])"));
    frame.remove();
    expect(decoded["map"]).toEqual(new Map([[1, new Date(5)]]));
    expect(decoded["bytes"]).toEqual(Uint8Array.of(1, 2));
    expect(decoded["error"]).toBeInstanceOf(TypeError);
    expect(decodeValue(bytes as PlainValue)).toEqual(Uint8Array.of(1, 2));
  });

  test("errors keep class, message and cause", () => {
    const error = new RangeError("outer", { cause: new TypeError("inner") });
    const decoded = decodeRich(encodeRich(error) as Parameters<typeof decodeRich>[0]) as RangeError;
    expect(decoded).toBeInstanceOf(RangeError);
    expect(decoded.message).toBe("outer");
    // As this browser clones it: WebKit makes text of a cause.
    expect(decoded.cause).toEqual(structuredClone(error).cause);
    expect(Object.keys(decoded)).toEqual([]);
  });

  // Firefox gives errors no stack of their own but an accessor of the prototype, which the codec does not see.
  test.skipIf(server.browser === "firefox")("errors keep their stack", () => {
    const error = new RangeError("outer");
    const decoded = decodeRich(encodeRich(error) as Parameters<typeof decodeRich>[0]) as RangeError;
    expect(decoded.stack).toBe(error.stack);
  });

  test("a digest is the one Node computes", () => {
    expect(digestOf({ encoding: "json", data: "1" })).toBe("f16ba6fa61da3398815be2a6c0f7cb13");
  });
});
