/** The part of the official Node kit of Fn that the functions here use; the package itself carries no types. */
declare module "@fnproject/fdk" {
  /**
   * Serves calls with `fn`, one at a time, on the socket that `FN_LISTENER` names. What `fn` gives back is the answer's
   * body: written as it is when the content type is not JSON, else turned into JSON.
   */
  export function handle<Body = unknown>(
    fn: (body: Body, context: Context) => unknown,
    options?: { readonly inputMode?: "json" | "string" | "buffer" },
  ): void;

  export interface Context {
    /** Content type of the answer; `application/json` unless set. */
    responseContentType: string;
    /** A new object at each reading. */
    readonly httpGateway: HttpGateway;
  }

  /** The HTTP request behind a call that came through a trigger. */
  export interface HttpGateway {
    /** Absolute, query included; null when the function was invoked directly. */
    readonly requestURL: string | null;
    /** HTTP status of the answer; 200 unless set. */
    set statusCode(status: number);
  }
}
