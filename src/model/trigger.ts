/** An HTTP path in an app that leads to a function. */
export interface Trigger {
  readonly id: string;
  readonly appId: string;
  readonly fnId: string;
  readonly name: string;
  readonly type: "http";
  /** The path, from its first slash: unique in its app. */
  readonly source: string;
  /** Added to every answer given through this trigger. */
  readonly headers: TriggerHeaders;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Values by header name. */
export type TriggerHeaders = Readonly<Record<string, readonly string[]>>;
