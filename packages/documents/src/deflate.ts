/**
 * Bytes in fewer bytes: raw DEFLATE (RFC 1951), by the platform.
 */

export const deflate = (bytes: Uint8Array): Promise<Uint8Array> =>
  passThrough(bytes, new CompressionStream("deflate-raw"));

/** @throws TypeError for bytes that `deflate` did not make */
export const inflate = (bytes: Uint8Array): Promise<Uint8Array> =>
  passThrough(bytes, new DecompressionStream("deflate-raw"));

const passThrough = async (
  bytes: Uint8Array,
  through: ReadableWritablePair<Uint8Array, BufferSource>,
): Promise<Uint8Array> => {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
};
