/**
 * What a node answers to a script of requests, recorded in `test/api/*.txt`: every endpoint, what goes well and what is
 * refused. Both databases give the same answers. `node test/api/record.ts` records them anew.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { files, readTranscript, startNodeOf } from "./api/node.ts";
import { play } from "./api/player.ts";
import { exchangesOf, exchangeText } from "./api/transcript.ts";
import { lastInFirstOut, type Postgres, startPostgres } from "./support/postgres.ts";

/** What the script has at least. */
const REQUESTS_MIN = 200;

const transcripts = files.map(readTranscript);

describe("the script of requests", () => {
  test(`has at least ${REQUESTS_MIN} of them`, () => {
    const count = transcripts.flatMap(exchangesOf).length;
    assert.ok(count >= REQUESTS_MIN, `${count}`);
  });

  describe("is answered as recorded, with SQLite:", () => answerEach());

  describe("is answered as recorded, with PostgreSQL:", () => {
    const owner = lastInFirstOut({ after });
    let postgres: Postgres;
    before(async () => {
      postgres = await startPostgres(owner);
    });
    answerEach(() => postgres.createDatabase());
  });
});

/** `createDatabase`: an SQLite file for each, if absent. */
function answerEach(createDatabase: () => Promise<string | undefined> = async () => undefined): void {
  for (const transcript of transcripts) {
    test(transcript.title, async (t) => {
      const { url } = await startNodeOf(lastInFirstOut(t), transcript, await createDatabase());
      const recorded = exchangesOf(transcript).values();
      for await (const played of play(transcript, url)) {
        const expected = recorded.next().value;
        assert.equal(exchangeText(played), expected && exchangeText(expected));
      }
    });
  }
}
