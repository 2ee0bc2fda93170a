import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, type Rig } from "./rig.suite.ts";

describe("API reference 8.2: pages of v2", () => {
  const lists = [
    { list: "apps", fill: fillApps },
    { list: "fns", fill: fillFns },
    { list: "triggers", fill: fillTriggers },
  ];
  for (const { list, fill } of lists) {
    test(`the cursor of ${list} is the last name in base64 for URLs`, async (t) => {
      const rig = await openRig(t);
      const target = await fill(rig, ["a", "b", "c"]);
      const { body } = await rig.send("GET", `${target}&per_page=2`);
      assert.equal(body.next_cursor, Buffer.from("b").toString("base64url"));
    });

    test(`${list} come page after page, until one is not full`, async (t) => {
      const rig = await openRig(t);
      const target = await fill(rig, ["e", "c", "a", "d", "b"]);
      assert.deepEqual(await pagesOf(rig, target, 2), [["a", "b"], ["c", "d"], ["e"]]);
    });

    test(`a cursor of ${list} that is none starts from the beginning`, async (t) => {
      const rig = await openRig(t);
      const target = await fill(rig, ["a"]);
      const { body } = await rig.send("GET", `${target}&cursor=!!!`);
      assert.equal(body.items?.length, 1);
    });
  }

  test("next_cursor is absent when there is none", async (t) => {
    const rig = await openRig(t);
    assert.deepEqual((await rig.send("GET", "/v2/apps")).body, { items: [] });
  });

  test("triggers of one name are all shown, wherever pages end", async (t) => {
    const rig = await openRig(t);
    const app = await rig.makeApp();
    const fn_id = await rig.makeFn(app);
    for (const source of ["/1", "/2", "/3"]) {
      const trigger = { app_id: app, fn_id, name: "same", type: "http", source };
      assert.equal((await rig.send("POST", "/v2/triggers", trigger)).status, 200);
    }
    assert.deepEqual(await pagesOf(rig, `/v2/triggers?app_id=${app}`, 2), [["same", "same"], ["same"]]);
  });
});

/** The names of each page. */
async function pagesOf({ send }: Rig, target: string, perPage: number) {
  const pages: unknown[] = [];
  let cursor: string | undefined = "";
  do {
    const { body } = await send("GET", `${target}&per_page=${perPage}&cursor=${cursor}`);
    pages.push(body.items?.map(({ name }) => name));
    cursor = body.next_cursor;
  } while (cursor !== undefined);
  return pages;
}

async function fillApps(rig: Rig, names: readonly string[]): Promise<string> {
  for (const name of names) await rig.makeApp(name);
  return "/v2/apps?";
}

async function fillFns(rig: Rig, names: readonly string[]): Promise<string> {
  const app = await rig.makeApp();
  for (const name of names) await rig.makeFn(app, name);
  return `/v2/fns?app_id=${app}`;
}

async function fillTriggers(rig: Rig, names: readonly string[]): Promise<string> {
  const app = await rig.makeApp();
  const fn = await rig.makeFn(app);
  for (const name of names) await rig.makeTrigger(app, fn, `/${name}`);
  return `/v2/triggers?app_id=${app}`;
}
