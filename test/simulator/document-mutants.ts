/**
 * Planted bugs in documents: a part of the list in mutants.ts.
 */
import { mutant, type Mutant } from "./mutant.ts";

const atRelay: readonly Mutant[] = [
  mutant(
    "lose an update where the relay compacts",
    "relay/src/compaction.ts",
    "rules.compact(updates.map((each) => each.update));",
    "rules.compact(updates.slice(1).map((each) => each.update));",
  ),
  mutant(
    "lose what was merged while the relay compacts",
    "relay/src/memory-bucket.ts",
    "bucket.updatesByKey.set(key, [base, ...updates.slice(task.updates.length)]);",
    "bucket.updatesByKey.set(key, [base]);",
  ),
  mutant(
    "put what was compacted in the place of another document",
    "relay/src/memory-bucket.ts",
    "if (entry === undefined || !isUnchanged(task, entry, updates)) return false;",
    "if (entry?.document === undefined) return false;",
  ),
  mutant(
    "take a merge that was made for another document",
    "relay/src/resolve-merge.ts",
    "const isOther = merge.incarnation !== null && merge.incarnation !== incarnation;",
    "const isOther = false;",
  ),
  mutant(
    "let an earlier merge bring back what was deleted",
    "relay/src/resolve.ts",
    'if (before === undefined || (mutation.type === "merge" && mutation.incarnation !== null)) return given;',
    'if (before === undefined || mutation.type === "merge") return given;',
  ),
  mutant(
    "call a document that is made anew by the number of the first one",
    "relay/src/resolve-merge.ts",
    "const incarnation = document?.incarnation ?? current?.revision ?? 0;",
    "const incarnation = document?.incarnation ?? 0;",
  ),
  mutant(
    "take an update whose author's earlier one was refused",
    "relay/src/yjs-documents.ts",
    "if (clock > clockOf(run.client)) return false;",
    "",
  ),
  mutant(
    "take an update that builds on what is not there",
    "relay/src/yjs-documents.ts",
    "const missing = struct.dependencies.find((id) => id.clock >= clockOf(id.client));",
    "const missing = struct.dependencies.find((id) => id.clock < 0);",
  ),
  mutant(
    "take an update that deletes what is not there",
    "relay/src/yjs-documents.ts",
    "return deletions.every(({ client, clock, length }) => clock + length <= clockOf(client));",
    "return true;",
  ),
  mutant(
    "keep the updates of a document that was deleted",
    "relay/src/memory-bucket.ts",
    "for (const key of ended) bucket.updatesByKey.delete(key);",
    "",
  ),
  mutant(
    "answer a merge before its update is kept",
    "relay/src/memory-bucket.ts",
    "bucket.updatesByKey.set(key, [...(bucket.updatesByKey.get(key) ?? []), ...added]);",
    "bucket.updatesByKey.set(key, [...(bucket.updatesByKey.get(key) ?? []), ...added.slice(1)]);",
  ),
  mutant(
    "send a document's updates by its latest revision",
    "relay/src/patch-part.ts",
    "if (entry?.document === undefined) return [];",
    "if (entry?.document === undefined || entry.revision > to) return [];",
  ),
  mutant(
    "send the last update of a turn alone",
    "relay/src/turn-news.ts",
    "this.#updatesByKey.get(key) ?? []",
    "(this.#updatesByKey.get(key) ?? []).slice(-1)",
  ),
  mutant(
    "have a document grow over any limit",
    "relay/src/resolve-merge.ts",
    "return exceeded === undefined\n",
    "return exceeded !== null\n",
  ),
];

const onDevice: readonly Mutant[] = [
  mutant(
    "join a part to another document",
    "replica/src/appended.ts",
    "return before.incarnation === after.incarnation ? joinDocuments(before, after) : after;",
    "return { ...joinDocuments({ ...before, incarnation: 0 }, { ...after, incarnation: 0 }), incarnation: after.incarnation };",
  ),
  mutant(
    "set aside the last part of a document alone",
    "replica/src/folded-session.ts",
    "aside.entries.set(entry.key, joinEntries(aside.entries.get(entry.key), entry));",
    "aside.entries.set(entry.key, entry);",
  ),
  mutant(
    "put a part in the place of the one before",
    "replica/src/state.ts",
    "entry: entry === undefined ? before?.entry : joinEntries(before?.entry, entry),",
    "entry: entry ?? before?.entry,",
  ),
  mutant(
    "show a part without what stands in its page",
    "replica/src/view.ts",
    "return entry?.appends === true ? { ...view, value: joinOnce(stored?.value, entry.value) } : view;",
    "return view;",
  ),
  mutant(
    "fill in a part without what was filled in before",
    "host/src/backup/fill-entry.ts",
    "joinEntries(before ?? nothing, entry);",
    "joinEntries(nothing, entry);",
  ),
  mutant(
    "fill in the last of several parts alone",
    "host/src/backup/filler.ts",
    "const joined = joinEntries(before, entry);",
    "const joined = entry;",
  ),
  mutant(
    "show a merge in another document",
    "model/src/operation.ts",
    "|| incarnation === current.incarnation);",
    "|| incarnation === current.incarnation || current.data.length > 0);",
  ),
  mutant(
    "show a merge where its document is gone",
    "model/src/operation.ts",
    "return incarnation === null ? { ok: true, value: createDocument(update, null) } : { ok: false };",
    "return { ok: true, value: createDocument(update, incarnation) };",
  ),
  mutant(
    "keep a merge that was refused",
    "replica/src/fold-sync.ts",
    "  const losers = ruled.flatMap(",
    `  for (const { after } of ruled) {
    for (const one of after.state === "rejected" ? after.commit.mutations : []) {
      const standing = state.overlay.get(one.key)?.entry;
      if (one.type !== "merge" || standing?.value?.encoding !== "document" || one.update.length > 127) continue;
      const data = Uint8Array.of(one.update.length, ...one.update);
      state.cover(one.key, { ...standing, value: { ...standing.value, data }, appends: true }, oldest);
    }
  }
  const losers = ruled.flatMap(`,
  ),
  mutant(
    "say that a document grew where a merge was refused",
    "replica/src/fold-sync.ts",
    "const merged = withoutLosers(grown, losers);",
    "const merged = withoutLosers(grown, []);",
  ),
  mutant(
    "acknowledge a merge before it is stored",
    "host/src/committer.ts",
    "if (!isQuota(error)) return group.forEach(({ reject }) => reject(error));",
    `if (!isQuota(error)) {
        return group.forEach(({ ask, isDeletion, resolve, reject }) =>
          !isDeletion && ask(undefined as never, undefined as never, 0)?.mutations.some(({ type }) => type === "merge")
            ? resolve("00100000000000000000" as never)
            : reject(error),
        );
      }`,
  ),
  mutant(
    "hand a document to a relay as a value",
    "replica/src/attach.ts",
    'if (value.encoding === "document") {',
    'if (value.encoding === ("none" as string)) {',
  ),
  mutant(
    "leave an update behind at the attach",
    "replica/src/attach.ts",
    "return updatesOf(value.data).map((update) => ({",
    "return updatesOf(value.data).slice(-1).map((update) => ({",
  ),
  mutant(
    "lose an update where a device compacts",
    "replica/src/compact.ts",
    "whole.set(data.subarray(length), merged.length);",
    "",
  ),
  mutant(
    "put what a device compacted in the place of other updates",
    "replica/src/compact.ts",
    "if (checksum.digest() !== digest) return undefined;",
    "",
  ),
];

export const documentMutants: readonly Mutant[] = [...atRelay, ...onDevice];
