import type { FastifyReply } from "fastify";
import Type, { type Static } from "typebox";
import type { LogFilter } from "../../agent/log-feed.ts";
import { EVENT_STREAM_FIELDS } from "../../http1/server-sent-events.ts";
import { FnError } from "../../model/errors.ts";
import { type Api, AppParams, operation } from "./api.ts";
import { LogFollower, type LogFollowerOptions } from "./log-follower.ts";
import { LogStream } from "./log-stream.ts";

/** Each may hold what a slow reader has not taken, and looks into the store four times a second. */
export const FOLLOWERS_MAX = 32;

export const FollowQuery = Type.Object({
  follow: Type.Optional(
    Type.String({
      description: "1 or true: as server-sent events, from now on; anything else is as nothing",
    }),
  ),
});

export const EventStream = {
  "text/event-stream": {
    schema: Type.String({
      description:
        "Events: log {call_id, path, text}; end {call_id, status}; and lost {events}, when the reader is too slow for them",
    }),
  },
};

/** The readers that follow logs. */
export class LogFollowers {
  readonly #options: LogFollowerOptions;
  readonly #streams = new Set<LogStream>();
  #isStopped = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#streams.size;
  }

  /**
   * Answers with what these calls log until the reader leaves, the one call has ended, or `stop` is called.
   * Errors: `management_busy`, and those of `LogFollower.start`; then nothing was said.
   */
  async follow(filter: LogFilter, reply: FastifyReply): Promise<FastifyReply> {
    if (this.#isStopped || this.#streams.size >= FOLLOWERS_MAX) {
      throw new FnError("management_busy", {}, { retryAfterS: 10 });
    }
    const stream = new LogStream(this.#options.clock, () => {
      this.#streams.delete(stream);
      follower.stop();
    });
    const isForOne = filter.callId !== undefined;
    const follower = new LogFollower(this.#options, filter, {
      onText: (callId, path, text) => stream.tell("log", { call_id: callId, path, text }),
      onEnd(callId, status) {
        const end = { call_id: callId, status };
        if (isForOne) stream.finish("end", end);
        else stream.tell("end", end);
      },
      onGone: () => stream.stop(),
    });
    this.#streams.add(stream);
    try {
      await follower.start();
    } catch (error) {
      stream.destroy();
      throw error;
    }
    const [type = "", typeText, caching = "", cachingText] = EVENT_STREAM_FIELDS;
    return reply.header(type, typeText).header(caching, cachingText).send(stream);
  }

  /** Ends all answers; nobody is served any more. */
  stop(): void {
    this.#isStopped = true;
    for (const stream of this.#streams) stream.stop();
  }
}

export function isFollowed({ follow }: Static<typeof FollowQuery>): boolean {
  return follow === "1" || follow === "true";
}

const LogsQuery = Type.Object({
  ...FollowQuery.properties,
  path: Type.Optional(Type.String({ description: "Only calls of the route of exactly this path" })),
});

/** `/v1/apps/{app}/logs?follow=1`: what all functions of an app log. Without `follow` there is no such path, as in Fn. */
export function serveAppLogs(api: Api, followers: LogFollowers): void {
  api.get(
    "/v1/apps/:app/logs",
    operation(
      "Follow the logs of an app",
      { content: EventStream },
      { params: AppParams, querystring: LogsQuery },
    ),
    async ({ params, query }, reply) => {
      if (!isFollowed(query)) throw new FnError("path_not_found", { path: `/v1/apps/${params.app}/logs` });
      return await followers.follow({ appName: params.app, path: query.path || undefined }, reply);
    },
  );
}
