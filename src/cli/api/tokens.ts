import { check, type JsonApi, type Page, type PageRequest } from "./json-api.ts";
import { isNewToken, isToken, type NewTokenResource, type TokenResource } from "./resources.ts";

/** Who may do what. */
export class TokensApi {
  readonly #json: JsonApi;

  constructor(json: JsonApi) {
    this.#json = json;
  }

  /** `expiresInS` in seconds; undefined for one that does not expire. */
  async create(
    name: string,
    scopes: readonly string[],
    expiresInS: number | undefined,
  ): Promise<NewTokenResource> {
    const created = await this.#json.send("POST", ["1", "tokens"], { name, scopes, expires_in: expiresInS });
    return check(created, "token", isNewToken);
  }

  list(page: PageRequest): Promise<Page<TokenResource>> {
    return this.#json.list(["1", "tokens"], { name: "tokens", isItem: isToken }, page);
  }

  async remove(id: string): Promise<void> {
    await this.#json.send("DELETE", ["1", "tokens", id]);
  }
}
