/**
 * Marks by which the relay tells which document a stock y-websocket client holds: client ids of one range of
 * its `Y.Doc`, each with the minutes from 1970 for a clock. They stand for no content, and belong to no
 * document: the relay takes no merge with them, and who looks for what is missing passes them over.
 * @see PROTOCOL.md section 11
 */

/** The lowest id. Yjs 13 draws ids of 32 bits; other editors may draw such as these, but write fewer characters than the shortest mark has. */
export const markersFrom: number = 0xa9_17 * 2 ** 37;
const markersEnd = markersFrom + 2 ** 37;

/** 2017 to 2160. */
export const markerMinutesMin = 25_000_000;
export const markerMinutesMax = 100_000_000;

/** True for a client id, with its clock, that is a marker of any document. */
export const isMarker = (client: number, clock: number): boolean =>
  client >= markersFrom && client < markersEnd && clock >= markerMinutesMin && clock <= markerMinutesMax;
