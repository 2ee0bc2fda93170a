/** Greets whoever the body names, as text (`Ada`) or as JSON (`{"name":"Ada"}`); an empty body is the world. */
import type { Handler } from "hotfn/kit";
import { greeting } from "./greeting.ts";

/** As text whatever the content type says: `curl -d Ada` claims to send a form. */
export const inputMode = "string";

const greet: Handler<string> = (body, context) => {
  context.responseContentType = "text/plain; charset=utf-8";
  return `${greeting(body)}\n`;
};

export default greet;
