/**
 * For tests: one message of every kind with every field in every form, and its frame. A second
 * implementation of the protocol can be checked against these.
 */
import { createStamp, type DocumentValue, packKey, updateLog, zeroStamp } from "@rockpool/model";
import type { DownMessage, UpMessage } from "./messages.ts";

const bucket = packKey([]);
const user = packKey(["user", 7]);
const stamp = createStamp(1_700_000_000_000, 2, "hostA");
/** Of two updates: 00 00 and 00. */
const document: DocumentValue = {
  encoding: "document",
  data: updateLog([Uint8Array.of(0, 0), Uint8Array.of(0)]),
  incarnation: 40,
};

export const goldenUp: readonly UpMessage[] = [
  {
    type: "hello",
    protocol: { min: 1, max: 2 },
    bucket: "notes",
    replica: "replicaA",
    epoch: null,
    cursor: 0,
    follow: [bucket],
    clockMs: 1_700_000_000_000,
  },
  {
    type: "hello",
    protocol: { min: 1, max: 1 },
    bucket: "notes",
    replica: "replicaA",
    epoch: "epoch1",
    cursor: 41,
    follow: [packKey(["a"]), packKey(["b"])],
    clockMs: 1_700_000_000_000.5,
    token: "secret",
  },
  {
    type: "push",
    commits: [
      { name: { host: "hostA", n: 1 }, tag: "tag1", stamp, checks: [], mutations: [] },
      {
        name: { host: "hostA:1", n: 2 },
        tag: "tag1",
        stamp,
        checks: [
          { key: user, premise: { type: "absent" } },
          { key: user, premise: { type: "revision", epoch: "epoch1", revision: 40 } },
          {
            key: user,
            premise: { type: "written", by: { host: "hostB", n: 9 }, digest: "0123456789abcdef" },
          },
        ],
        mutations: [
          { type: "set", key: user, value: { encoding: "json", data: '{"name":"Ada"}' } },
          {
            type: "set",
            key: user,
            value: { encoding: "bytes", data: Uint8Array.of(0, 1, 254, 255) },
            expireAt: 1_800_000_000_000,
          },
          { type: "set", key: user, value: { encoding: "u64", data: 2n ** 64n - 1n } },
          { type: "set", key: user, value: { encoding: "rich", data: "new Date(0)" } },
          {
            type: "set",
            key: user,
            value: { encoding: "json", data: "1" },
            expireAt: 1_800_000_000_000,
            initial: true,
          },
          { type: "set", key: user, value: { encoding: "json", data: "2" }, initial: true },
          { type: "delete", key: user },
          { type: "sum", key: user, operand: 5n },
          { type: "min", key: user, operand: 0n },
          { type: "max", key: user, operand: 2n ** 64n - 1n },
          { type: "merge", key: user, update: Uint8Array.of(0, 0), incarnation: null },
          { type: "merge", key: user, update: Uint8Array.of(0, 0), incarnation: 40 },
        ],
      },
    ],
  },
  { type: "pull", epoch: "epoch1", from: 40 },
  { type: "pull", epoch: "epoch1", from: 40, filledTo: 90 },
  { type: "fill", epoch: "epoch1", after: bucket },
  { type: "fill", epoch: "epoch1", after: user, within: packKey(["user"]) },
  { type: "auth", token: "another secret" },
  { type: "verify", epoch: "epoch1", at: 40, hash: "0123456789abcdef0123456789abcdef" },
  { type: "ping", id: 3 },
  { type: "attend", keys: [] },
  { type: "attend", keys: [user, packKey(["a"])] },
  { type: "aware", key: user, update: Uint8Array.of(1, 2, 3) },
];

export const goldenUpFrames: readonly string[] = [
  String.raw`[{"type":"hello","protocol":[1,2],"bucket":"notes","replica":"replicaA","epoch":null,"cursor":0,"follow":[""],"clockMs":1700000000000}]`,
  String.raw`[{"type":"hello","protocol":[1,1],"bucket":"notes","replica":"replicaA","epoch":"epoch1","cursor":41,"follow":["\u0002a\u0000","\u0002b\u0000"],"clockMs":1700000000000.5,"token":"secret"}]`,
  String.raw`[{"type":"push","commits":[["hostA",1,"tag1","018bcfe568000002-hostA",[],[]],["hostA:1",2,"tag1","018bcfe568000002-hostA",[["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","absent"],["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","revision","epoch1",40],["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","written","hostB",9,"0123456789abcdef"]],[["set","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",["json","{\"name\":\"Ada\"}"]],["set","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",["bytes","AAH+/w=="],1800000000000],["set","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",["u64","18446744073709551615"]],["set","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",["rich","new Date(0)"]],["initial","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",["json","1"],1800000000000],["initial","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",["json","2"]],["delete","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000"],["sum","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","5"],["min","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","0"],["max","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","18446744073709551615"],["merge","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","AAA=",null],["merge","\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","AAA=",40]]]]}]`,
  String.raw`[{"type":"pull","epoch":"epoch1","from":40}]`,
  String.raw`[{"type":"pull","epoch":"epoch1","from":40,"filledTo":90}]`,
  String.raw`[{"type":"fill","epoch":"epoch1","after":""}]`,
  String.raw`[{"type":"fill","epoch":"epoch1","after":"\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","within":"\u0002user\u0000"}]`,
  String.raw`[{"type":"auth","token":"another secret"}]`,
  String.raw`[{"type":"verify","epoch":"epoch1","at":40,"hash":"0123456789abcdef0123456789abcdef"}]`,
  String.raw`[{"type":"ping","id":3}]`,
  String.raw`[{"type":"attend","keys":[]}]`,
  String.raw`[{"type":"attend","keys":["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","\u0002a\u0000"]}]`,
  String.raw`[{"type":"aware","key":"\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","update":"AQID"}]`,
];

export const goldenDown: readonly DownMessage[] = [
  {
    type: "welcome",
    protocol: 1,
    epoch: "epoch2",
    valid: true,
    shared: 41,
    head: 44,
    scope: [bucket],
    subject: "ada",
    expiresInMs: 3_600_000,
    limits: {
      keyBytesMax: 2048,
      valueBytesMax: 1_048_576,
      checksMax: 1000,
      mutationsMax: 10_000,
      commitBytesMax: 8_388_608,
      pushCommitsMax: 4096,
      pushBytesMax: 16_777_216,
    },
    clockMs: 1_700_000_000_010,
    helloClockMs: 1_700_000_000_000,
  },
  {
    type: "welcome",
    protocol: 1,
    epoch: "epoch3",
    valid: false,
    shared: 40,
    head: 40,
    scope: [packKey(["a"]), packKey(["b"])],
    subject: null,
    expiresInMs: null,
    limits: {
      keyBytesMax: 1,
      valueBytesMax: 1,
      checksMax: 1,
      mutationsMax: 1,
      commitBytesMax: 1,
      pushCommitsMax: 1,
      pushBytesMax: 1,
    },
    clockMs: 0,
    helloClockMs: 0,
  },
  {
    type: "ruled",
    results: [
      {
        name: { host: "hostA", n: 1 },
        tag: "tag1",
        revision: 42,
        stamp,
        ruling: { type: "accepted", superseded: [] },
      },
      {
        name: { host: "hostA", n: 2 },
        tag: "tag2",
        revision: 43,
        stamp,
        ruling: {
          type: "accepted",
          superseded: [{ mutation: 1, winner: { host: "hostB", n: 9 } }, { mutation: 2 }],
        },
      },
      ...(
        [
          { type: "check", checks: [0, 2] },
          { type: "type", mutation: 5 },
          { type: "limit", message: "too large" },
          { type: "permission", message: "not yours" },
          { type: "too-old" },
          { type: "unknown" },
          { type: "missing", mutation: 1 },
        ] as const
      ).map((reason, index) => ({
        name: { host: "hostA", n: 3 + index },
        tag: "tag3",
        revision: 44 + index,
        stamp,
        ruling: { type: "rejected", reason } as const,
      })),
    ],
  },
  {
    type: "patch",
    epoch: "epoch2",
    scope: [packKey(["a"]), packKey(["b"])],
    patch: {
      from: 41,
      to: 44,
      head: 50,
      upToDate: false,
      entries: [
        { key: user, value: { encoding: "json", data: "[1,2]" }, revision: 42 },
        { key: user, value: { encoding: "u64", data: 7n }, expireAt: 1_800_000_000_000, revision: 43 },
        { key: user, revision: 44 },
        { key: user, value: document, revision: 44, appends: true },
      ],
      results: [
        {
          name: { host: "hostA", n: 1 },
          tag: "tag1",
          revision: 42,
          stamp,
          ruling: { type: "accepted", superseded: [] },
        },
      ],
      stamp,
    },
  },
  {
    type: "patch",
    epoch: "epoch2",
    scope: [bucket],
    patch: { from: 0, to: 0, head: 0, upToDate: true, entries: [], results: [], stamp: zeroStamp },
  },
  {
    type: "patch",
    epoch: "epoch2",
    scope: [bucket],
    patch: { from: 0, to: 1, head: 9, upToDate: false, entries: [], results: [], stamp: zeroStamp },
    paused: true,
  },
  {
    type: "page",
    epoch: "epoch2",
    scope: [bucket],
    after: bucket,
    next: user,
    head: 44,
    entries: [
      { key: user, value: { encoding: "json", data: "[1,2]" }, revision: 42 },
      { key: user, value: document, revision: 43 },
    ],
    stamp,
  },
  {
    type: "page",
    epoch: "epoch2",
    scope: [bucket],
    after: user,
    next: null,
    head: 45,
    entries: [],
    stamp: zeroStamp,
  },
  { type: "renewed", expiresInMs: 3_600_000 },
  { type: "renewed", expiresInMs: null },
  { type: "verified", at: 44, equal: true },
  { type: "verified", at: 44, equal: null },
  { type: "pong", id: 3, head: 44 },
  { type: "aware", key: user, update: Uint8Array.of(1, 2, 3) },
  { type: "error", code: "malformed", message: "no message" },
  { type: "error", code: "scope", message: "the rights of this token changed" },
  { type: "error", code: "closing", message: "the relay is going down", retryAfterMs: 1000 },
];

export const goldenDownFrames: readonly string[] = [
  String.raw`[{"type":"welcome","protocol":1,"epoch":"epoch2","valid":true,"shared":41,"head":44,"scope":[""],"subject":"ada","expiresInMs":3600000,"limits":{"keyBytesMax":2048,"valueBytesMax":1048576,"checksMax":1000,"mutationsMax":10000,"commitBytesMax":8388608,"pushCommitsMax":4096,"pushBytesMax":16777216},"clockMs":1700000000010,"helloClockMs":1700000000000}]`,
  String.raw`[{"type":"welcome","protocol":1,"epoch":"epoch3","valid":false,"shared":40,"head":40,"scope":["\u0002a\u0000","\u0002b\u0000"],"subject":null,"expiresInMs":null,"limits":{"keyBytesMax":1,"valueBytesMax":1,"checksMax":1,"mutationsMax":1,"commitBytesMax":1,"pushCommitsMax":1,"pushBytesMax":1},"clockMs":0,"helloClockMs":0}]`,
  String.raw`[{"type":"ruled","results":[["hostA",1,"tag1",42,"018bcfe568000002-hostA","accepted",[]],["hostA",2,"tag2",43,"018bcfe568000002-hostA","accepted",[[1,"hostB",9],[2]]],["hostA",3,"tag3",44,"018bcfe568000002-hostA","rejected",["check",[0,2]]],["hostA",4,"tag3",45,"018bcfe568000002-hostA","rejected",["type",5]],["hostA",5,"tag3",46,"018bcfe568000002-hostA","rejected",["limit","too large"]],["hostA",6,"tag3",47,"018bcfe568000002-hostA","rejected",["permission","not yours"]],["hostA",7,"tag3",48,"018bcfe568000002-hostA","rejected",["too-old"]],["hostA",8,"tag3",49,"018bcfe568000002-hostA","rejected",["unknown"]],["hostA",9,"tag3",50,"018bcfe568000002-hostA","rejected",["missing",1]]]}]`,
  String.raw`[{"type":"patch","epoch":"epoch2","scope":["\u0002a\u0000","\u0002b\u0000"],"from":41,"to":44,"head":50,"upToDate":false,"stamp":"018bcfe568000002-hostA","results":[["hostA",1,"tag1",42,"018bcfe568000002-hostA","accepted",[]]],"entries":[["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",42,["json","[1,2]"]],["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",43,["u64","7"],1800000000000],["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",44],["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",44,["document","AgAAAQA=",40],null,1]]}]`,
  String.raw`[{"type":"patch","epoch":"epoch2","scope":[""],"from":0,"to":0,"head":0,"upToDate":true,"stamp":"0000000000000000-","results":[],"entries":[]}]`,
  String.raw`[{"type":"patch","epoch":"epoch2","scope":[""],"paused":true,"from":0,"to":1,"head":9,"upToDate":false,"stamp":"0000000000000000-","results":[],"entries":[]}]`,
  String.raw`[{"type":"page","epoch":"epoch2","scope":[""],"after":"","next":"\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","head":44,"entries":[["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",42,["json","[1,2]"]],["\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000",43,["document","AgAAAQA=",40]]],"stamp":"018bcfe568000002-hostA"}]`,
  String.raw`[{"type":"page","epoch":"epoch2","scope":[""],"after":"\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","next":null,"head":45,"entries":[],"stamp":"0000000000000000-"}]`,
  String.raw`[{"type":"renewed","expiresInMs":3600000}]`,
  String.raw`[{"type":"renewed","expiresInMs":null}]`,
  String.raw`[{"type":"verified","at":44,"equal":true}]`,
  String.raw`[{"type":"verified","at":44,"equal":null}]`,
  String.raw`[{"type":"pong","id":3,"head":44}]`,
  String.raw`[{"type":"aware","key":"\u0002user\u0000!À\u001c\u0000\u0000\u0000\u0000\u0000\u0000","update":"AQID"}]`,
  String.raw`[{"type":"error","code":"malformed","message":"no message"}]`,
  String.raw`[{"type":"error","code":"scope","message":"the rights of this token changed"}]`,
  String.raw`[{"type":"error","code":"closing","message":"the relay is going down","retryAfterMs":1000}]`,
];
