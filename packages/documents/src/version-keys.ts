/**
 * Where versions of a document stand: beside it, under its own key. What is written here is read for good:
 * never change one, add a new one.
 */
import type { Key } from "rockpool";

/** Prefix of the versions of a document: below it stands for each, by its id, what it is. */
export const versionsPrefix = (key: Key): Key => [...key, "rockpool:versions"];

export const versionKey = (key: Key, id: string): Key => [...versionsPrefix(key), id];

/** Where the pieces of a version's bytes stand, numbered from 0. */
export const versionPieceKey = (key: Key, id: string, piece: number): Key => [
  ...key,
  "rockpool:version-pieces",
  id,
  piece,
];

/** Ids are ordered by time. `random` tells those of one moment apart. */
export const createVersionId = (savedAt: number, random: number): string => {
  const time = savedAt.toString(36).padStart(9, "0");
  return `${time}-${Math.floor(random * 36 ** 8)
    .toString(36)
    .padStart(8, "0")}`;
};
