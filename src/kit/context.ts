import { type Call, type Field, fieldValue } from "./call.ts";
import type { Context, HttpGateway } from "./kit.ts";

const JSON_TYPE = "application/json";

/** The `Context` of one call. It gathers what the handler says about the answer. */
export class CallContext implements Context {
  readonly #call: Call;
  readonly #env: Context["config"];
  readonly #answerFields = new Map<string, string[]>();
  /** What the handler has set. */
  status = 200;

  constructor(call: Call, env: Context["config"]) {
    this.#call = call;
    this.#env = env;
  }

  get callID(): string {
    return this.#call.id;
  }
  get deadline(): Date | undefined {
    return this.#call.deadline;
  }
  get appName(): string | undefined {
    return this.#env.FN_APP_NAME;
  }
  get appID(): string | undefined {
    return this.#env.FN_APP_ID;
  }
  get fnName(): string | undefined {
    return this.#env.FN_FN_NAME;
  }
  get fnID(): string | undefined {
    return this.#env.FN_FN_ID;
  }
  get memory(): number {
    return Number.parseInt(this.#env.FN_MEMORY ?? "", 10);
  }
  get config(): Context["config"] {
    return { ...this.#env };
  }
  get contentType(): string | undefined {
    return fieldValue(this.#call.fields, "content-type");
  }
  get headers(): Readonly<Record<string, readonly string[]>> {
    const headers: Record<string, string[]> = {};
    for (const [name, value] of this.#call.fields) {
      const key = canonical(name);
      headers[key] = [...(headers[key] ?? []), value];
    }
    return headers;
  }

  getHeader(name: string): string | null {
    return this.getAllHeaderValues(name)[0] ?? null;
  }

  getAllHeaderValues(name: string): readonly string[] {
    const wanted = canonical(name);
    return this.#call.fields.filter(([each]) => canonical(each) === wanted).map(([, value]) => value);
  }

  get responseContentType(): string {
    return this.#answerFields.get("Content-Type")?.[0] ?? JSON_TYPE;
  }
  set responseContentType(type: string) {
    this.setResponseHeader("Content-Type", type);
  }

  setResponseHeader(name: string, ...values: readonly string[]): void {
    this.#answerFields.set(canonical(name), values.map(String));
  }

  addResponseHeader(name: string, ...values: readonly string[]): void {
    const key = canonical(name);
    this.#answerFields.set(key, [...(this.#answerFields.get(key) ?? []), ...values.map(String)]);
  }

  get httpGateway(): HttpGateway {
    const { url = null, method = null } = this.#call;
    const context = this;
    return {
      requestURL: url,
      method,
      get headers() {
        return context.headers;
      },
      getHeader: (name) => this.getHeader(name),
      getAllHeaderValues: (name) => this.getAllHeaderValues(name),
      get statusCode() {
        return context.status;
      },
      set statusCode(status) {
        context.status = status;
      },
      setResponseHeader: (name, ...values) => this.setResponseHeader(name, ...values),
      addResponseHeader: (name, ...values) => this.addResponseHeader(name, ...values),
    };
  }

  /** The fields of the answer, its content type among them. */
  answerFields(): Field[] {
    const fields = new Map([["Content-Type", [JSON_TYPE]], ...this.#answerFields]);
    return [...fields].flatMap(([name, values]) => values.map((value): Field => [name, value]));
  }
}

/** `Content-Type`, as Fn's own kit spells names. */
function canonical(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
