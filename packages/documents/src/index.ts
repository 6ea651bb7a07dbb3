// Yjs documents under the keys of a Rockpool bucket.
export { documentRoom } from "./document-room.ts";
