/**
 * Where a page gets its tokens from, as from an app's sign-in service: JSON Web Tokens that live for a few seconds, signed
 * with the secret that the relay knows. It can be shut for a while, and counts what it gave out.
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class TokenOffice {
  readonly secret: string = randomBytes(48).toString("base64");
  /** Tokens given out. */
  issued = 0;
  /** While it is shut, whoever asks is sent away. */
  isShut = false;
  readonly #server: Server;
  readonly #subject: string;
  readonly #lifeSeconds: number;

  static async open(subject: string, lifeSeconds: number): Promise<TokenOffice> {
    const office = new TokenOffice(subject, lifeSeconds);
    office.#server.listen(0, "127.0.0.1");
    await once(office.#server, "listening");
    return office;
  }

  private constructor(subject: string, lifeSeconds: number) {
    this.#subject = subject;
    this.#lifeSeconds = lifeSeconds;
    this.#server = createServer((_request, response) => {
      response.writeHead(this.isShut ? 503 : 200, { "access-control-allow-origin": "*" });
      response.end(this.isShut ? "shut" : this.#issue());
    });
  }

  /** Answers a GET with a token, to pages of any origin. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #issue(): string {
    this.issued++;
    const exp = Math.floor(Date.now() / 1000) + this.#lifeSeconds;
    const claims = { sub: this.#subject, read: [[]], write: [[]], exp };
    const signed = [{ alg: "HS256", typ: "JWT" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${signed}.${createHmac("sha256", this.secret).update(signed).digest("base64url")}`;
  }
}
