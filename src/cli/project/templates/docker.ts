import type { Template } from "./template.ts";

/** Any program in an image of its own: here a line of shell, run anew for each call. */
export function dockerTemplate(): Template {
  return {
    files: {
      Dockerfile: `FROM busybox:stable
WORKDIR /function
COPY func.sh .
ENTRYPOINT ["sh", "func.sh"]
`,
      "func.sh": `# The body of a call comes in, and what is printed is the answer.
name=$(sed -n 's/.*"name" *: *"\\([^"]*\\)".*/\\1/p')
printf '{"message":"Hello %s"}' "\${name:-World}"
`,
    },
    settings: { runtime: "docker", format: "default" },
  };
}
