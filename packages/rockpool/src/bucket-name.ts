/**
 * Which names a bucket may have.
 */

/** As in Deno: each call opens a bucket of its own, in memory, gone when it is closed. */
export const privateName = ":memory:";

const nameLengthMax = 100;

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
