/** Turns YAML into JSON; what is not proper YAML is told with line and column. */
import type { FetchModule } from "hotfn/kit";
import { LineCounter, parseDocument } from "yaml";

export default {
  async fetch(request) {
    const lines = new LineCounter();
    const document = parseDocument(await request.text(), { lineCounter: lines, prettyErrors: false });
    const [wrong] = document.errors;
    if (!wrong) return Response.json(document.toJS());
    const { line, col } = lines.linePos(wrong.pos[0]);
    return Response.json({ error: { message: wrong.message, line, column: col } }, { status: 400 });
  },
} satisfies FetchModule;
