/**
 * Rows, pages and the other records as bytes, in the form of V8's structured clone: it keeps bigints
 * and bytes as they are, in native code, and V8 reads what older versions of it wrote ("safe to store
 * to disk"). Of all typed arrays records hold Uint8Arrays alone; each is read into a buffer of its own,
 * since one that showed the whole record would hand out its neighbours.
 * @see https://nodejs.org/api/v8.html#serialization-api
 */
import { DefaultSerializer, Deserializer } from "node:v8";
import { KvError } from "@rockpool/model";

/** @throws KvError "unsupported" for what cannot be stored */
export const encodeRecord = (record: unknown): Uint8Array => {
  const serializer = new RecordSerializer();
  try {
    serializer.writeHeader();
    serializer.writeValue(record);
  } catch (cause) {
    throw new KvError("unsupported", "A value cannot be stored; nothing was written.", { cause });
  }
  return serializer.releaseBuffer();
};

/** The record is a new one each time. @throws KvError "corrupt" */
export const decodeRecord = (bytes: Uint8Array): unknown => {
  const deserializer = new RecordDeserializer(bytes);
  try {
    deserializer.readHeader();
    return deserializer.readValue();
  } catch (cause) {
    throw new KvError("corrupt", "a record is damaged, or a newer Node.js wrote it", { cause });
  }
};

class RecordSerializer extends DefaultSerializer {
  /** Called by V8. */
  _writeHostObject(view: ArrayBufferView): void {
    if (!(view instanceof Uint8Array)) throw new TypeError(`a record holds no ${view.constructor.name}`);
    this.writeUint32(view.byteLength);
    this.writeRawBytes(view);
  }
}

class RecordDeserializer extends Deserializer {
  /** Called by V8. */
  _readHostObject(): Uint8Array {
    return new Uint8Array(this.readRawBytes(this.readUint32()));
  }
}
