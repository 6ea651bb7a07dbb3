/**
 * The room under which stock y-websocket clients edit a document at the relay:
 * `new WebsocketProvider("wss://relay.example/y/<bucket>", documentRoom(key), doc)`.
 */
import { packKeyForWrite, roomOfKey } from "@rockpool/model";
import type { Key } from "rockpool";

/**
 * The room of a document: its key's parts, percent-encoded, between slashes; for a key with other parts
 * than strings `~` and its packed form. @throws TypeError for what is no key
 */
export const documentRoom = (key: Key): string => roomOfKey(packKeyForWrite(key));
