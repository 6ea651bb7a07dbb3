/**
 * Frames that no peer of ours would send: each is refused with its place, and nothing else is thrown.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDown, decodeUp } from "./codec.ts";
import { goldenDownFrames, goldenUpFrames } from "./golden-frames.ts";
import { ProtocolError } from "./protocol-error.ts";

const commit = (checks: string, mutations: string): string =>
  `[{"type":"push","commits":[["h",1,"t","018bcfe568000002-h",${checks},${mutations}]]}]`;
const key = String.raw`"\u0002a\u0000"`;

const outcomeOf = (decode: (frame: string) => readonly unknown[], frame: string): string => {
  try {
    return Array.isArray(decode(frame)) ? "messages" : "no array";
  } catch (error) {
    return error instanceof ProtocolError ? "ProtocolError" : String(error);
  }
};

const faultOf = (decode: (frame: string) => unknown, frame: string): ProtocolError => {
  try {
    decode(frame);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error(`accepted ${frame}`);
};

describe("a malformed frame of a replica is refused with its place", () => {
  test.each([
    ["{", "", "JSON text"],
    ["null", "", "an array"],
    ['{"type":"ping","id":1}', "", "an array"],
    [`[{"type":"pull","epoch":"${"e".repeat(201)}","from":1}]`, "[0].epoch", "1 to 200"],
    [String.raw`[{"type":"pull","epoch":"\u0000","from":1}]`, "[0].epoch", "no control characters"],
    [String.raw`[{"type":"pull","epoch":"\ud800","from":1}]`, "[0].epoch", "1 to 200"],
    ["[null]", "[0]", "an object"],
    ["[[]]", "[0]", "an object"],
    ['[{"type":"welcome"}]', "[0].type", '"hello"'],
    ['[{"type":"ping","id":1},{"type":"ping","id":-1}]', "[1].id", "at least 0"],
    ['[{"type":"ping","id":1e300}]', "[0].id", "a safe integer"],
    ['[{"type":"pull","epoch":"","from":1}]', "[0].epoch", "1 to 200"],
    ['[{"type":"pull","epoch":"e","from":"1"}]', "[0].from", "a safe integer"],
    ['[{"type":"push"}]', "[0].commits", "an array"],
    ['[{"type":"push","commits":[7]}]', "[0].commits[0]", "at least 6 fields"],
    [
      '[{"type":"push","commits":[["h",0,"t","018bcfe568000002-h",[],[]]]}]',
      "[0].commits[0].n",
      "at least 1",
    ],
    [
      '[{"type":"push","commits":[["h h",1,"t","018bcfe568000002-h",[],[]]]}]',
      "[0].commits[0].host",
      "letters",
    ],
    ['[{"type":"push","commits":[["h",1,"","018bcfe568000002-h",[],[]]]}]', "[0].commits[0].tag", "1 to 200"],
    ['[{"type":"push","commits":[["h",1,"t","yesterday",[],[]]]}]', "[0].commits[0].stamp", "a stamp"],
    [commit(`[[${key},"guessed"]]`, "[]"), "[0].commits[0].checks[0].premise", '"absent"'],
    [commit(`[[${key},"revision","e",-1]]`, "[]"), "[0].commits[0].checks[0].revision", "at least 0"],
    [commit(`[[${key},"written","h",1]]`, "[]"), "[0].commits[0].checks[0].digest", "1 to 200"],
    [commit('[["","absent"]]', "[]"), "[0].commits[0].checks[0].key", "canonical packed key"],
    [commit("[]", '[["set"]]'), "[0].commits[0].mutations[0]", "at least 2 fields"],
    [commit("[]", `[["push",${key}]]`), "[0].commits[0].mutations[0].type", '"set"'],
    [commit("[]", '[["delete","Ā"]]'), "[0].commits[0].mutations[0].key", "canonical packed key"],
    [
      commit("[]", String.raw`[["delete","\u0002a"]]`),
      "[0].commits[0].mutations[0].key",
      "canonical packed key",
    ],
    [
      commit("[]", String.raw`[["delete","\u0016\u0000\u0001"]]`),
      "[0].commits[0].mutations[0].key",
      "canonical packed key",
    ],
    [commit("[]", `[["sum",${key},1]]`), "[0].commits[0].mutations[0].operand", "decimal text"],
    [commit("[]", `[["sum",${key},"01"]]`), "[0].commits[0].mutations[0].operand", "decimal text"],
    [
      commit("[]", `[["sum",${key},"18446744073709551616"]]`),
      "[0].commits[0].mutations[0].operand",
      "decimal text",
    ],
    [commit("[]", `[["set",${key},["json",{}]]]`), "[0].commits[0].mutations[0].value.text", "a string"],
    [
      commit("[]", `[["set",${key},["yaml","a: 1"]]]`),
      "[0].commits[0].mutations[0].value.encoding",
      '"json"',
    ],
    [
      commit("[]", `[["set",${key},["bytes","AAA"]]]`),
      "[0].commits[0].mutations[0].value.text",
      "padded base64",
    ],
    [
      commit("[]", `[["set",${key},["bytes","A==="]]]`),
      "[0].commits[0].mutations[0].value.text",
      "padded base64",
    ],
    [
      commit("[]", `[["set",${key},["bytes","AA=A"]]]`),
      "[0].commits[0].mutations[0].value.text",
      "padded base64",
    ],
    [commit("[]", `[["set",${key},["json","1"],"soon"]]`), "[0].commits[0].mutations[0].expireAt", "a time"],
  ])("%s", (frame, path, expected) => {
    const fault = faultOf(decodeUp, frame);
    expect(fault.path).toBe(path);
    expect(fault.expected).toContain(expected);
    expect(fault.message).toContain(fault.expected);
    expect(fault.code).toBe("protocol");
  });
});

const patch = (fields: string): string =>
  `[{"type":"patch","epoch":"e","scope":[""],"from":3,"to":4,"head":4,"upToDate":true,"stamp":"0000000000000000-","entries":[],"results":[],${fields}}]`;
const result = (ruling: string): string =>
  `[{"type":"ruled","results":[["h",1,"t",1,"0000000000000000-h",${ruling}]]}]`;

describe("a malformed frame of a relay is refused with its place", () => {
  test.each([
    [patch('"to":2'), "[0].to", "at least 3"],
    [patch('"head":3'), "[0].head", "at least 4"],
    [patch('"upToDate":1'), "[0].upToDate", "true or false"],
    [patch(String.raw`"scope":["\u0002b\u0000","\u0002a\u0000"]`), "[0].scope[1]", "sorted"],
    [patch(String.raw`"scope":["","\u0002a\u0000"]`), "[0].scope[1]", "none within another"],
    [patch(`"entries":[[${key},0]]`), "[0].entries[0].revision", "at least 1"],
    [patch(`"entries":[[${key},1,["u64","-1"]]]`), "[0].entries[0].value.text", "decimal text"],
    [patch('"results":{}'), "[0].results", "an array"],
    [result('"maybe",[]'), "[0].results[0].ruling", '"accepted"'],
    [result('"accepted",[[0,"h"]]'), "[0].results[0].superseded[0].n", "at least 1"],
    [result('"rejected",[]'), "[0].results[0].reason", "at least 1"],
    [result('"rejected",["bored"]'), "[0].results[0].reason.type", '"check"'],
    [result('"rejected",["check",["0"]]'), "[0].results[0].reason.checks[0]", "a safe integer"],
    ['[{"type":"error","code":"toString","message":""}]', "[0].code", "version"],
    [
      '[{"type":"welcome","protocol":1,"epoch":"e","valid":true,"shared":0,"head":0,"scope":[""],"subject":null,"expiresInMs":null,"limits":[]}]',
      "[0].limits",
      "an object",
    ],
    [
      '[{"type":"welcome","protocol":1,"epoch":"e","valid":true,"shared":0,"head":0,"scope":[""],"subject":null,"expiresInMs":null,"limits":{}}]',
      "[0].limits.keyBytesMax",
      "at least 1",
    ],
  ])("%s", (frame, path, expected) => {
    const fault = faultOf(decodeDown, frame);
    expect(fault.path).toBe(path);
    expect(fault.expected).toContain(expected);
  });
});

test("whatever is done to a frame, decoding gives messages or a ProtocolError", () => {
  const frames = [...goldenUpFrames, ...goldenDownFrames];
  const damage = fc.record({
    frame: fc.constantFrom(...frames),
    at: fc.nat(),
    cut: fc.nat(6),
    text: fc.constantFrom("", "[", "]", "{", "null", "-1", '"', ",", "0", "e9"),
  });
  fc.assert(
    fc.property(damage, ({ frame, at, cut, text }) => {
      const start = at % frame.length;
      const damaged = frame.slice(0, start) + text + frame.slice(start + cut);
      expect(outcomeOf(decodeUp, damaged)).toMatch(/^(?:messages|ProtocolError)$/);
      expect(outcomeOf(decodeDown, damaged)).toMatch(/^(?:messages|ProtocolError)$/);
    }),
    { numRuns: 2000 },
  );
});

test("any JSON gives messages or a ProtocolError", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (frame) => {
      expect(outcomeOf(decodeUp, frame)).toMatch(/^(?:messages|ProtocolError)$/);
      expect(outcomeOf(decodeDown, frame)).toMatch(/^(?:messages|ProtocolError)$/);
    }),
  );
});
