/**
 * Base64 as RFC 4648 has it in section 4, padded: where bytes stand in text. Uint8Array's own
 * methods for it are too new for the platforms that Rockpool runs on.
 */

/** Characters handed to one String.fromCharCode call: well below every engine's argument limit. */
const charsPerCall = 8192;
const base64Form = /^[0-9A-Za-z+/]*={0,2}$/;

export const encodeBase64 = (bytes: Uint8Array): string => {
  let binary = "";
  for (let start = 0; start < bytes.length; start += charsPerCall) {
    binary += String.fromCharCode(...bytes.subarray(start, start + charsPerCall));
  }
  return btoa(binary);
};

/** Undefined for what is no padded base64. */
export const decodeBase64 = (text: unknown): Uint8Array<ArrayBuffer> | undefined => {
  if (typeof text !== "string" || text.length % 4 !== 0 || !base64Form.test(text)) return undefined;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
};
