// A function on the official kit: what it does with a call, the call's body says.
const fdk = require("@fnproject/fdk");

fdk.handle((input, context) => {
  switch (input.do) {
    case "echo":
      return input;
    case "text":
      context.responseContentType = "text/plain";
      return `Hallo ${input.name}`;
    case "throw":
      throw new Error("the function's own fault");
    case "gateway": {
      const gateway = context.httpGateway;
      gateway.statusCode = 303;
      gateway.setResponseHeader("Location", gateway.getHeader("X-Goal"));
      gateway.addResponseHeader("X-Tag", "a");
      gateway.addResponseHeader("X-Tag", "b");
      return { method: gateway.method, url: gateway.requestURL };
    }
    case "context":
      return { callId: context.callID, deadline: context.deadline, contentType: context.contentType };
  }
});
