// Keys, values, operations, versionstamps, stamps, limits and errors of Rockpool. Pure.
export {
  type Check,
  type Commit,
  type CommitName,
  type EpochId,
  isBlind,
  type Mutation,
  nameKey,
  type Premise,
  type ReplicaId,
  retryName,
  type Revision,
} from "./commit.ts";
export { assert, KvError, type KvErrorCode } from "./error.ts";
export { packError, type PackedError, unpackError } from "./packed-error.ts";
export type { Key, KeyPart } from "./key.ts";
export { KvU64, u64Max, wrapU64 } from "./kv-u64.ts";
export {
  checksMax,
  clockAheadMsMax,
  commitBytesMax,
  groupBytesMax,
  groupCommitsMax,
  keyBytesMax,
  listBatchDefault,
  listBatchMax,
  mutationsMax,
  pendingBytesMax,
  readKeysMax,
  resultMs,
  retentionMs,
  valueBytesMax,
} from "./limits.ts";
export {
  applyMutation,
  checkCommitLimits,
  commitBytes,
  entryBytes,
  mutationBytes,
  type MutationOutcome,
} from "./operation.ts";
export {
  bytesToPacked,
  isPackedKey,
  isPackedKeyForWrite,
  type PackedKey,
  packedToBytes,
  packKey,
  packKeyForWrite,
  unpackKey,
} from "./packed-key.ts";
export {
  encodeCursor,
  inRange,
  isEmptyRange,
  type PackedRange,
  packedPrefixRange,
  prefixRange,
  resumeRange,
} from "./range.ts";
export type {
  CommitResult,
  Patch,
  PatchEntry,
  RejectionReason,
  Ruling,
  SupersededMutation,
} from "./ruling.ts";
export { checkSelector, resolveSelector, type Selector } from "./selector.ts";
export {
  counterOfStamp,
  createStamp,
  type HostId,
  isStamp,
  laterStamp,
  msOfStamp,
  nextStamp,
  type Stamp,
  stampAfter,
  stampMsMax,
  zeroStamp,
} from "./stamp.ts";
export { assertStorable, storableDepthMax } from "./storable.ts";
export {
  checkValueSize,
  decodeValue,
  digestOf,
  encodeValue,
  equalValues,
  isValue,
  type PlainValue,
  type RichValue,
  type Value,
  valueBytes,
  valueBytesBound,
} from "./value.ts";
export {
  createVersionstamp,
  isVersionstamp,
  lastVersionstampOf,
  laterVersionstamp,
  placeOf,
  type Position,
  positionOf,
  type Versionstamp,
  versionstampPlaceMax,
  zeroVersionstamp,
} from "./versionstamp.ts";
