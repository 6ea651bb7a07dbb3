/**
 * Which names a bucket and its user may have.
 */

/** As in Deno: each call opens a bucket of its own, in memory, gone when it is closed. */
export const privateName = ":memory:";

const nameLengthMax = 100;
const userLengthMax = 200;

/** @throws TypeError for a name that no bucket can have */
export const checkBucketName = (name: string): void => {
  if (typeof name !== "string" || name === "" || name.length > nameLengthMax) {
    throw new TypeError(
      `a bucket's name is a string of 1 to ${nameLengthMax} characters: received ${JSON.stringify(name)}`,
    );
  }
  if (name !== privateName && /^:|^(https?|wss?):/.test(name)) {
    throw new TypeError(
      `a bucket's name begins neither with ":", except ":memory:", nor with http: or ws:; a relay's address goes into the option "relay": received ${JSON.stringify(name)}`,
    );
  }
};

/** @throws TypeError for a name that no user can have */
export const checkUser = (user: string | undefined): void => {
  if (user === undefined) return;
  if (typeof user !== "string" || user === "" || user.length > userLengthMax || !isWellFormed(user)) {
    throw new TypeError(
      `user is a well-formed string of 1 to ${userLengthMax} characters that never changes for one person, such as the token's subject: received ${JSON.stringify(user)}`,
    );
  }
};

/** Not by `String.isWellFormed`, which Safari 16 lacks. */
const isWellFormed = (text: string): boolean => {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    // What `encodeURIComponent` refuses has half of a character in it.
    return false;
  }
};
