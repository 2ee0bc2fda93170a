import type { OutgoingHttpHeaders } from "node:http";
import type { Store } from "../../store/store.ts";
import type { ManagementOptions } from "../management.ts";
import { type Lifetime, openRig as openV1Rig } from "../v1/rig.suite.ts";

/** As the rig of /v1, with bodies read as those of /v2, and a few things that most tests need. */
export interface Rig {
  readonly store: Store;
  send(method: string, target: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
  /** Creates an app and resolves with its id. */
  makeApp(name?: string): Promise<string>;
  /** Creates a fn and resolves with its id. */
  makeFn(appId: string, name?: string): Promise<string>;
  /** Creates a trigger of a source, named by the text behind its slash, and resolves with its id. */
  makeTrigger(appId: string, fnId: string, source?: string): Promise<string>;
  /** Lets so many milliseconds pass. */
  advance(ms: number): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The text as JSON; empty when there is none. */
  readonly body: Body;
}

export interface Body {
  readonly [field: string]: unknown;
  readonly message?: string;
  readonly code?: string;
  readonly id?: string;
  readonly next_cursor?: string;
  readonly items?: readonly Body[];
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export async function openRig(context: Lifetime, options: Partial<ManagementOptions> = {}): Promise<Rig> {
  const rig = await openV1Rig(context, { publicUrl: "http://fn.test", ...options });

  const send: Rig["send"] = async (...request) => {
    const { status, headers, text } = await rig.send(...request);
    const isJson = headers["content-type"]?.startsWith("application/json");
    return { status, headers, text, body: isJson && text !== "" ? JSON.parse(text) : {} };
  };
  const make = async (target: string, body: unknown) => {
    const answer = await send("POST", target, body);
    if (answer.status !== 200 || answer.body.id === undefined) throw new Error(answer.text);
    return answer.body.id;
  };

  return {
    store: rig.store,
    send,
    makeApp: (name = "demo") => make("/v2/apps", { name }),
    makeFn: (appId, name = "hello") => make("/v2/fns", { app_id: appId, name, image: "i" }),
    makeTrigger: (appId, fnId, source = "/hi") =>
      make("/v2/triggers", { app_id: appId, fn_id: fnId, name: source.slice(1), type: "http", source }),
    advance: (ms) => rig.clock.advance(ms),
  };
}
