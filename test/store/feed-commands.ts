/**
 * The commands about feeds: readers come, go on elsewhere and leave, and deletions are forgotten that
 * they may not know of.
 */
import { deletionMs } from "@rockpool/model";
import * as fc from "fast-check";
import type { Key } from "rockpool";
import { keyText } from "./entry-text.ts";
import { replayChanges, replayWatch } from "./feed-replay.ts";
import { anyFeed, anyKey, type DrawnFeed } from "./store-arbitrary.ts";
import { commandOf, type StoreCommand } from "./store-commands.ts";

interface Follow {
  readonly tab: number;
  readonly feed: DrawnFeed;
}

const follow = commandOf<Follow>("follow", async (world, { tab: index, feed }) => {
  const tab = world.device.mustGetTab(index);
  const name = `the feed of ${fc.stringify(feed)} in tab ${index}`;
  world.feeds.push({ tab, replay: replayChanges(tab.kv, world.map, feed, name, world.device.tally) });
});

interface Resume {
  readonly feed: number;
  readonly tab: number;
}

/** A reader goes on in another tab, from the last item that it took. */
const resume = commandOf<Resume>("resume", async (world, { feed: place, tab: index }) => {
  const tab = world.device.mustGetTab(index);
  const [feed] = world.feeds.splice(place % Math.max(1, world.feeds.length), 1);
  if (feed !== undefined) world.feeds.push({ tab, replay: await feed.replay.resume(tab.kv) });
});

interface Watch {
  readonly tab: number;
  readonly keys: readonly Key[];
}

const watch = commandOf<Watch>("watch", async (world, { tab: index, keys }) => {
  const tab = world.device.mustGetTab(index);
  const name = `the watch of ${fc.stringify(keys)} in tab ${index}`;
  world.feeds.push({ tab, replay: replayWatch(tab.kv, keys, name) });
});

const unfollow = commandOf<number>("unfollow", async ({ feeds }, index) => {
  const [feed] = feeds.splice(index % Math.max(1, feeds.length), 1);
  await feed?.replay.close();
});

/** What was deleted leaves the pages: a reader that resumes before that is told to begin anew. */
const forget = commandOf<number>("forget", async (world, tab) => {
  await world.device.mustGetTab(tab).kv.purgeDeletes({ olderThanMs: 0 });
  world.hasForgotten = true;
});

/** Of a device that slept for so long: what was deleted is remembered no more. */
const sleep = commandOf<number>("sleep", async (world, ms) => {
  world.hasForgotten = true;
  await world.device.sleep(ms);
});

const anyTab = fc.nat({ max: 2 });
const someKeys = fc.uniqueArray(anyKey, { minLength: 1, maxLength: 6, selector: keyText });

export const anyFeedCommand: fc.Arbitrary<StoreCommand> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ tab: anyTab, feed: anyFeed }).map(follow) },
  { weight: 1, arbitrary: fc.record({ feed: fc.nat({ max: 9 }), tab: anyTab }).map(resume) },
  { weight: 2, arbitrary: fc.record({ tab: anyTab, keys: someKeys }).map(watch) },
  { weight: 1, arbitrary: fc.nat({ max: 9 }).map(unfollow) },
  { weight: 1, arbitrary: anyTab.map(forget) },
  { weight: 1, arbitrary: fc.constant(deletionMs).map(sleep) },
);
