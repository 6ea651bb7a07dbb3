/**
 * Which addresses and which pages are of this machine. A browser sends the origin of the page that
 * opens a socket, so a page from elsewhere cannot use a relay that trusts its machine.
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3 (localhost)
 */
import { isIPv4 } from "node:net";

/** True for 127.0.0.0/8, ::1 and localhost. */
export const isLoopbackHost = (host: string): boolean =>
  host === "::1" || host === "[::1]" || isLocalhostName(host) || (isIPv4(host) && host.startsWith("127."));

/** True for pages of this machine, and for no origin: then it is no browser. */
export const isLoopbackOrigin = (origin: string | undefined): boolean =>
  origin === undefined || (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname));

const isLocalhostName = (host: string): boolean => host === "localhost" || host.endsWith(".localhost");
