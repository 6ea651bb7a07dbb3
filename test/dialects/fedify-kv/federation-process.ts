// One of the processes that serve a federation together, for federation.test.ts: `relay` is argv[2]. What the parent
// asks is answered under the number it was asked with.
import { createFederation, generateCryptoKeyPair } from "@fedify/fedify";
import { Follow, Person } from "@fedify/vocab";
import { RockpoolKvStore } from "@rockpool/fedify-kv";

/** What the parent may ask. */
export type Question =
  | { readonly type: "deliver"; readonly activity: unknown }
  | { readonly type: "handled" }
  | { readonly type: "list"; readonly prefix: readonly [string, ...string[]] }
  | { readonly type: "cas"; readonly keys: readonly string[]; readonly token: string };

const [, , relay = ""] = process.argv;
const kv = new RockpoolKvStore("federation", { open: { relay }, confirm: "relay" });

const federation = createFederation<void>({ kv, skipSignatureVerification: true });
federation
  .setActorDispatcher("/users/{identifier}", (context, identifier) =>
    identifier === "alice"
      ? new Person({ id: context.getActorUri(identifier), inbox: context.getInboxUri(identifier) })
      : null,
  )
  .setKeyPairsDispatcher(async () => [await generateCryptoKeyPair("Ed25519")]);
let handled = 0;
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .withIdempotency("global")
  .on(Follow, async (_context, follow) => {
    handled++;
    await kv.set(["follower", follow.actorId?.href ?? ""], { since: follow.id?.href ?? null });
  });

const answer = async (question: Question): Promise<unknown> => {
  switch (question.type) {
    case "deliver": {
      const request = new Request("https://here.example/users/alice/inbox", {
        method: "POST",
        headers: { "content-type": "application/activity+json" },
        body: JSON.stringify(question.activity),
      });
      return (await federation.fetch(request, { contextData: undefined })).status;
    }
    case "handled":
      return handled;
    case "list": {
      const entries: unknown[] = [];
      for await (const entry of kv.list(question.prefix)) entries.push(entry);
      return entries;
    }
    case "cas":
      return Promise.all(question.keys.map((key) => kv.cas(["race", key], undefined, question.token)));
  }
};

process.on("message", ({ id, question }: { readonly id: number; readonly question: Question }) => {
  answer(question).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
