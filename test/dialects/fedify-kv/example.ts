/**
 * A federation as Fedify's manual sets one up ("Key–value store"), changed in the import line of its
 * store alone. It answers one request, and keeps a note in its store.
 */
import { createFederation } from "@fedify/fedify";
import { Person } from "@fedify/vocab";
import { RockpoolKvStore as MemoryKvStore } from "@rockpool/fedify-kv";

const kv = new MemoryKvStore();

const federation = createFederation<void>({
  kv,
  // ... other options
});

federation.setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
  const visits = ((await kv.get<number>(["visits", identifier])) ?? 0) + 1;
  await kv.set(["visits", identifier], visits);
  return new Person({
    id: ctx.getActorUri(identifier),
    name: `${identifier}, visited ${visits} times`,
    preferredUsername: identifier,
  });
});

for (let visit = 1; visit <= 2; visit++) {
  const request = new Request("https://example.com/users/alice", {
    headers: { accept: "application/activity+json" },
  });
  const response = await federation.fetch(request, { contextData: undefined });
  const { name } = (await response.json()) as { readonly name: string };
  process.stdout.write(`${response.status} ${name}\n`);
}

for await (const { key, value } of kv.list(["visits"])) {
  process.stdout.write(`${key.join("/")} = ${String(value)}\n`);
}
