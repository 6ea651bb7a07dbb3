/**
 * Watches what goes over the wire where tokens are asked for: nothing is sent under another's token,
 * nothing reaches a device that its session's token may not read, and the relay rules under rights that
 * a token of the commit's own subject gives.
 */
import { isInScope, type PackedKey, type ReplicaId } from "@rockpool/model";
import { decodeDown, decodeUp, type DownMessage } from "@rockpool/protocol";
import { equalRights, type Rights, type TokenIssuer } from "./token-issuer.ts";
import { Violation } from "./violation.ts";
import type { LinkEnd, LinkWatcher } from "./virtual-network.ts";

/** What a connection was begun with, and what took its place. */
interface LinkTokens {
  token: string;
  /** Sent, and not answered yet. */
  next: string | undefined;
}

export class AccessInspector implements LinkWatcher {
  readonly #issuer: TokenIssuer;
  /** The subject that a device is to be of, by the device's name. */
  readonly #subjectOf: (device: string) => string;
  readonly #tokensByLink = new WeakMap<LinkEnd, LinkTokens>();
  /** Tokens of its own subject that a replica showed. */
  readonly #shownByReplica = new Map<ReplicaId, Set<string>>();
  readonly #replicaByLink = new WeakMap<LinkEnd, ReplicaId>();

  constructor(issuer: TokenIssuer, subjectOf: (device: string) => string) {
    this.#issuer = issuer;
    this.#subjectOf = subjectOf;
  }

  /** @throws Violation */
  onUp(link: LinkEnd, frame: string): void {
    for (const message of decodeUp(frame)) {
      if (message.type === "hello") {
        this.#tokensByLink.set(link, { token: message.token ?? "", next: undefined });
        this.#replicaByLink.set(link, message.replica);
        this.#show(link, message.token ?? "");
      }
      if (message.type === "auth") {
        const tokens = this.#tokensByLink.get(link);
        if (tokens !== undefined) tokens.next = message.token;
        this.#show(link, message.token);
      }
      if (message.type === "push") this.#seePush(link);
    }
  }

  /** @throws Violation */
  onDown(link: LinkEnd, frame: string): void {
    for (const message of decodeDown(frame)) {
      const tokens = this.#tokensByLink.get(link);
      if (message.type === "renewed" && tokens?.next !== undefined) tokens.token = tokens.next;
      for (const key of keysIn(message)) this.#seeSent(link, tokens?.token ?? "", key);
    }
  }

  /** A commit is ruled under what a token of its own subject gives. @throws Violation */
  seeRights(replica: ReplicaId, found: Rights | undefined): void {
    const shown = [...(this.#shownByReplica.get(replica) ?? [])];
    const expected = shown.flatMap((token) => this.#issuer.rightsOf(token) ?? []);
    if (found !== undefined && expected.some((rights) => equalRights(rights, found))) return;
    throw new Violation({ invariant: 9, at: "relay", expected, found });
  }

  #show(link: LinkEnd, token: string): void {
    const replica = this.#replicaByLink.get(link);
    if (replica === undefined || this.#issuer.subjectOf(token) !== this.#subjectOf(link.device)) return;
    const shown = this.#shownByReplica.get(replica) ?? new Set();
    this.#shownByReplica.set(replica, shown.add(token));
  }

  /** What a device's user wrote is sent under that user's token alone. */
  #seePush(link: LinkEnd): void {
    const expected = this.#subjectOf(link.device);
    const found = this.#issuer.subjectOf(this.#tokensByLink.get(link)?.token);
    if (found === expected) return;
    throw new Violation({ invariant: 9, at: `${link.device}, a push`, expected, found });
  }

  #seeSent(link: LinkEnd, token: string, key: PackedKey): void {
    const rights = this.#issuer.rightsOf(token);
    if (rights !== undefined && isInScope(rights.read, key)) return;
    const expected = rights?.read ?? "nothing: the token holds no more";
    throw new Violation({
      invariant: 9,
      at: `what is sent to ${link.device}`,
      key,
      expected,
      found: "an entry",
    });
  }
}

const keysIn = (message: DownMessage): readonly PackedKey[] => {
  if (message.type === "patch") return message.patch.entries.map(({ key }) => key);
  return message.type === "page" ? message.entries.map(({ key }) => key) : [];
};
