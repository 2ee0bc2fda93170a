import { isJsonObject } from "../../model/json.ts";
import { CommandError } from "../common/io.ts";
import { type JsonApi, type Page, type PageRequest, pick } from "./json-api.ts";
import { type CallResource, isCall, isNumber, isText } from "./resources.ts";

export interface CallQuery extends PageRequest {
  readonly path?: string | undefined;
  /** One of `CALL_STATUSES`, or `dead`. */
  readonly status?: string | undefined;
  /** Only calls created later, in Unix seconds. */
  readonly fromS?: number | undefined;
  /** Only calls created earlier, in Unix seconds. */
  readonly toS?: number | undefined;
}

/** Calls and their logs, by `/v1`. */
export class CallsApi {
  readonly #json: JsonApi;

  constructor(json: JsonApi) {
    this.#json = json;
  }

  /** The newest first. */
  list(app: string, query: CallQuery): Promise<Page<CallResource>> {
    return this.#json.list(callsOf(app), { name: "calls", isItem: isCall }, query, {
      path: query.path,
      status: query.status,
      from_time: query.fromS?.toString(),
      to_time: query.toS?.toString(),
    });
  }

  async get(app: string, callId: string): Promise<CallResource> {
    return pick(await this.#json.get([...callsOf(app), callId]), "call", isCall);
  }

  /** The id of the newest call of an app, or of one of its routes. */
  async lastId(app: string, path?: string): Promise<string> {
    const [newest] = (await this.list(app, { limit: 1, path })).items;
    if (newest) return newest.id;
    throw new CommandError("No previous calls found.");
  }

  /** Takes back a call that has not ended, and that nobody waits for. */
  async cancel(app: string, callId: string): Promise<void> {
    await this.#json.send("DELETE", [...callsOf(app), callId]);
  }

  /** Has a call run again that failed for good. */
  async redrive(app: string, callId: string): Promise<void> {
    await this.#json.send("POST", [...callsOf(app), callId, "redrive"]);
  }

  /** Has those of an app run again that failed for good, a part of them at a time: how many, and whether there are more. */
  async redriveSome(app: string, path: string | undefined): Promise<{ redriven: number; hasMore: boolean }> {
    const answer = await this.#json.send("POST", [...callsOf(app), "redrive"], undefined, { path });
    return { redriven: pick(answer, "redriven", isNumber), hasMore: answer.more === true };
  }

  /** What the function wrote to stderr during the call. */
  async log(app: string, callId: string): Promise<string> {
    const wrapper = await this.#json.get([...callsOf(app), callId, "log"]);
    return pick(pick(wrapper, "log", isJsonObject), "log", isText);
  }
}

function callsOf(app: string): string[] {
  return ["v1", "apps", app, "calls"];
}
