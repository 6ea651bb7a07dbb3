/**
 * The Chrome DevTools Protocol over a WebSocket, as far as the crash tests need it. Playwright is not used here: it
 * makes every page think that it has the focus, and such a page can neither be hidden nor be frozen.
 * @see https://chromedevtools.github.io/devtools-protocol/
 */
import { once } from "node:events";
import { WebSocket } from "ws";

type Fields = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

export interface DevtoolsEvent {
  readonly method: string;
  readonly sessionId: string | undefined;
  readonly params: Fields;
}

interface Call {
  readonly resolve: (result: Fields) => void;
  readonly reject: (error: Error) => void;
}

export class Devtools {
  readonly #socket: WebSocket;
  readonly #callById = new Map<number, Call>();
  readonly #listeners = new Set<(event: DevtoolsEvent) => void>();
  #lastId = 0;
  /** Fulfilled when the browser is gone, and all that it said has been heard. */
  readonly closed: Promise<void>;

  static async connect(url: string): Promise<Devtools> {
    const socket = new WebSocket(url, { maxPayload: 0 });
    await once(socket, "open");
    return new Devtools(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(String(data)) as Message));
    socket.on("error", () => {
      // `close` follows, and says all there is to say of a browser that was killed.
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        for (const { reject } of this.#callById.values()) reject(new Error("the browser is gone"));
        this.#callById.clear();
        resolve();
      });
    });
  }

  send(method: string, params: Fields = {}, sessionId?: string): Promise<Fields> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#callById.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  /** Calls `listener` with each event until the returned function is called. */
  listen(listener: (event: DevtoolsEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next event of that name, of one session or of the browser. */
  next(method: string, sessionId?: string): Promise<Fields> {
    return new Promise((resolve) => {
      const forget = this.listen((event) => {
        if (event.method !== method || event.sessionId !== sessionId) return;
        forget();
        resolve(event.params);
      });
    });
  }

  #receive({ id, method, sessionId, params = {}, result = {}, error }: Message): void {
    if (id !== undefined) {
      const call = this.#callById.get(id);
      this.#callById.delete(id);
      if (error === undefined) call?.resolve(result);
      else call?.reject(new Error(error.message));
    } else if (method !== undefined) {
      for (const listener of this.#listeners) listener({ method, sessionId, params });
    }
  }
}
