// A function on the official kit: it answers with what it got, and with the fields and the status that it is asked for.
const fdk = require("@fnproject/fdk");

fdk.handle((input, context) => {
  const { doing, status, contentType } = input;
  if (doing === "throw") throw new Error("the function's own fault");
  if (doing === "exit") process.exit(7);
  if (contentType) context.responseContentType = contentType;
  context.setResponseHeader("X-Plain", "plain");
  const gateway = context.httpGateway;
  gateway.setResponseHeader("X-Prefixed", "one");
  gateway.addResponseHeader("X-Prefixed", "two");
  if (status) gateway.statusCode = status;
  const { callID, deadline, headers, config } = context;
  return { input, callID, deadline, headers, env: config };
});
