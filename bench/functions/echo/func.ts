// Answers with the body of the call, and with one word when there is none.
import { serve } from "../serve.ts";

serve(async (request) => {
  let body = "";
  for await (const part of request) body += part;
  return body || "nothing";
});
