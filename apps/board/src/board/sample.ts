/**
 * The content of a new board, laid out once for all its devices: its ids are fixed, and one commit writes it
 * together with a marker and the check that there is none. Of two devices that both lay it out while they are
 * apart, the relay accepts one; the other's commit is rejected and put away without a question
 * (rejected-edits.ts), so nothing is doubled and nothing that was done to the sample is undone.
 */
import type { Kv } from "rockpool";
import { cardKey, cheersKey, listKey, placeKey, seededKey, type Label } from "./board-keys.ts";
import { placeAt, type Ordered } from "./order.ts";

interface SampleCard {
  readonly title: string;
  readonly label?: Label;
  readonly cheers?: bigint;
}

const sample: readonly { readonly title: string; readonly cards: readonly SampleCard[] }[] = [
  {
    title: "Try this",
    cards: [
      { title: "Open this board in a second tab, and drag a card in one of them", label: "tide" },
      { title: "Switch on “Work offline”, change what you like, switch it off again", label: "sand" },
      { title: "Rename the same card in two browsers while both are offline", label: "coral" },
      { title: "Click the star below: the clicks of all devices add up", label: "anemone", cheers: 3n },
      { title: "Open the note of this card in two browsers, and write in both", label: "kelp" },
    ],
  },
  {
    title: "At low tide",
    cards: [
      { title: "Look for starfish under the ledge", label: "kelp", cheers: 2n },
      { title: "Count the limpets on the big rock" },
      { title: "Draw the hermit crab before it hides" },
    ],
  },
  {
    title: "Done",
    cards: [
      { title: "Pack boots and a bucket", label: "kelp", cheers: 5n },
      { title: "Look up the tide table" },
    ],
  },
];

/** How long the sample waits for what the relay has, in ms: a second device should not lay it out for nothing. */
const firstSyncMsMax = 2500;

/** Lays out the sample where there is none, after giving the relay the chance to say that there is. */
export const layOutSample = async (kv: Kv): Promise<void> => {
  if (await isLaidOut(kv)) return;
  try {
    await kv.sync.flush({ signal: AbortSignal.timeout(firstSyncMsMax) });
  } catch {
    // Offline, paused, or slow: the check and the relay's ruling settle who was first.
  }
  if (await isLaidOut(kv)) return;
  const operation = kv.atomic().check({ key: seededKey, versionstamp: null }).set(seededKey, true);
  const listOrders = ordersOf(sample.length);
  for (const [listIndex, { title, cards }] of sample.entries()) {
    const listId = `sample-${listIndex + 1}`;
    operation.set(listKey(listId), { title, order: listOrders[listIndex] });
    const cardOrders = ordersOf(cards.length);
    for (const [cardIndex, card] of cards.entries()) {
      const cardId = `${listId}-${cardIndex + 1}`;
      operation
        .set(cardKey(cardId), { title: card.title, label: card.label ?? null })
        .set(placeKey(cardId), { listId, order: cardOrders[cardIndex] });
      if (card.cheers !== undefined) operation.sum(cheersKey(cardId), card.cheers);
    }
  }
  // Not ok: another tab of this device laid it out between the look and the commit.
  await operation.commit();
};

const isLaidOut = async (kv: Kv): Promise<boolean> => (await kv.get(seededKey)).versionstamp !== null;

const ordersOf = (count: number): readonly string[] => {
  let items: readonly Ordered[] = [];
  for (let index = 0; index < count; index += 1) items = [...items, ...placeAt(items, String(index), index)];
  return items.map(({ order }) => order);
};
