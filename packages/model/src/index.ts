// Keys, values, operations, versionstamps, stamps, limits and errors of Rockpool. Pure.
export { decodeBase64, encodeBase64 } from "./base64.ts";
export { type Checksum, createChecksum } from "./checksum.ts";
export { type ConvergenceHash, createConvergenceHash, type HashedEntry } from "./convergence.ts";
export {
  type AskedMutation,
  type Check,
  type Commit,
  type CommitName,
  type EpochId,
  isBlind,
  isPurge,
  type Mutation,
  nameKey,
  type Premise,
  type ReplicaId,
  retryName,
  type Revision,
} from "./commit.ts";
export { editedTag, originalTag } from "./edited-tag.ts";
export { bucketOf, channelOf, databaseOf, secretsDatabaseOf } from "./device-names.ts";
export {
  appendUpdate,
  appendUpdates,
  createDocument,
  documentBytes,
  type DocumentValue,
  equalBytes,
  equalDocuments,
  findDocumentExcess,
  isUpdateLog,
  joinDocuments,
  KvDocument,
  updateLog,
  updatesOf,
} from "./document.ts";
export { isMarker, markerMinutesMax, markerMinutesMin, markersFrom } from "./document-marker.ts";
export { keyOfRoom, roomOfKey } from "./document-room.ts";
export { assert, KvError, type KvErrorCode } from "./error.ts";
export { packError, type PackedError, unpackError } from "./packed-error.ts";
export type { Key, KeyPart } from "./key.ts";
export {
  any,
  matchesPattern,
  type PackedPattern,
  packPattern,
  type PatternPart,
  rest,
} from "./key-pattern.ts";
export { KvU64, u64Max, wrapU64 } from "./kv-u64.ts";
export {
  attendedKeysMax,
  awareBytesMax,
  checksMax,
  clockAheadMsMax,
  commitBytesMax,
  type CommitLimits,
  commitLimits,
  deletionMs,
  documentBytesMax,
  groupBytesMax,
  groupCommitsMax,
  historyMax,
  hostMs,
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
export { mergeInGroups } from "./merge-in-groups.ts";
export {
  applyMutation,
  checkCommitLimits,
  commitBytes,
  entryBytes,
  findCommitExcess,
  findPartExcess,
  isOfDocument,
  mutationBytes,
  type MutationOutcome,
} from "./operation.ts";
export {
  bytesToPacked,
  isPackedKey,
  isPackedKeyForWrite,
  keyBytes,
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
export {
  createScope,
  equalScopes,
  intersectScopes,
  isInScope,
  isWithinPrefix,
  rangesOfScope,
  type Scope,
  wholeBucket,
  wholeRange,
} from "./scope.ts";
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
export { digestOf } from "./digest.ts";
export { cloneStorable, storableDepthMax } from "./storable.ts";
export {
  checkValueSize,
  decodeValue,
  encodeValue,
  equalValues,
  isValue,
  type PlainValue,
  type RichValue,
  type SettableValue,
  type Value,
  valueBytes,
  valueBytesBound,
} from "./value.ts";
export {
  commitVersionstamp,
  finishKey,
  isUnfinishedKey,
  type KeyToSet,
  packKeyToSet,
} from "./versionstamped-key.ts";
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
