/**
 * What a bucket's file is called in its folder: `shop.sqlite`, and a user's copy `shop@ada.sqlite`. Only
 * lower-case letters, digits, "_" and "-" stand as they are: disks differ in what else a name may hold,
 * and many take "Shop" and "shop" for one. In use on people's disks: never change it.
 */

const extension = ".sqlite";
/** Bytes of a name on every disk in use, 255, without what SQLite appends to it for files of its own. */
const lengthMax = 240;

/** @throws TypeError for a bucket that is no well-formed string, or whose name is too long with its user's */
export const fileNameOf = (bucket: string, user?: string): string => {
  if (!bucket.isWellFormed()) {
    throw new TypeError(
      `in a folder a bucket's name is a well-formed string: received ${JSON.stringify(bucket)}`,
    );
  }
  const name = `${encode(bucket)}${user === undefined ? "" : `@${encode(user)}`}${extension}`;
  if (name.length <= lengthMax) return name;
  throw new TypeError(
    `in a folder the bucket's name and user make the name of a file, of ${lengthMax} characters at most: received ${name.length} for ${JSON.stringify(bucket)}${user === undefined ? "" : ` of ${JSON.stringify(user)}`}, where each character but a-z, 0-9, "_" and "-" takes 3 or more; use shorter ones`,
  );
};

/** The bucket whose file it is, if it is this user's (or nobody's, where none is named); else undefined. */
export const bucketOfFile = (fileName: string, user?: string): string | undefined => {
  if (!fileName.endsWith(extension)) return undefined;
  const [bucket = "", owner, ...rest] = fileName.slice(0, -extension.length).split("@");
  if (bucket === "" || rest.length > 0 || owner !== (user === undefined ? undefined : encode(user))) {
    return undefined;
  }
  const name = decode(bucket);
  // Files of other programs.
  return name !== undefined && encode(name) === bucket ? name : undefined;
};

const encode = (name: string): string =>
  name.replaceAll(/[^a-z0-9_-]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );

const decode = (encoded: string): string | undefined => {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
};
