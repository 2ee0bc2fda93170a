/** The greeting for a body: the `name` of a JSON object, any other text as it is, the world when neither is there. */
export function greeting(body: string): string {
  return `Hello, ${nameIn(body.trim()) || "World"}!`;
}

function nameIn(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    const { name }: { name?: unknown } = JSON.parse(text);
    return typeof name === "string" ? name.trim() : "";
  } catch {
    return text;
  }
}
