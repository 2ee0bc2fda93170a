import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { integer, text, type Values } from "./flags.ts";
import { SettingsError } from "./settings.ts";
import { SettingsReload } from "./settings-reload.ts";

const program = {
  name: "program",
  summary: "Does something.",
  flags: {
    interval: integer("seconds", 1, { min: 0, max: 100 }, { isLive: true }),
    listen: text("where", ":1"),
  },
};
type Settings = Values<typeof program.flags>;

const BEFORE: Settings = { interval: 1, listen: ":1" };

function startWith(first: Settings) {
  const lines: Record<string, unknown>[] = [];
  const applied: { values: Settings; changed: readonly string[] }[] = [];
  let read = () => first;
  let refusal: Error | undefined;
  const reload = new SettingsReload({
    program,
    values: first,
    read: () => read(),
    apply(values, changed) {
      if (refusal) throw refusal;
      applied.push({ values, changed });
    },
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  });
  return {
    applied,
    lines,
    async to(next: Settings | Error) {
      read = () => {
        if (next instanceof Error) throw next;
        return next;
      };
      await reload.reload();
    },
    refuse(error: Error | undefined) {
      refusal = error;
    },
  };
}

describe("settings that are read again", () => {
  test("take effect where they can, and the log names those that changed", async () => {
    const rig = startWith(BEFORE);
    await rig.to({ interval: 2, listen: ":1" });
    assert.deepEqual(rig.applied, [{ values: { interval: 2, listen: ":1" }, changed: ["interval"] }]);
    assert.deepEqual(
      rig.lines.map(({ changed }) => changed),
      [["interval"]],
    );
  });

  test("stay where only a restart can change them, and the log names those each time", async () => {
    const rig = startWith(BEFORE);
    for (const interval of [2, 3]) await rig.to({ interval, listen: ":2" });
    assert.deepEqual(
      rig.applied.map(({ values }) => values.listen),
      [":1", ":1"],
    );
    const named = rig.lines.flatMap(({ settings }) => (settings === undefined ? [] : [settings]));
    assert.deepEqual(named, [["listen"], ["listen"]]);
  });

  test("are applied also when none has changed: files behind them may have", async () => {
    const rig = startWith(BEFORE);
    await rig.to(BEFORE);
    assert.deepEqual(rig.applied, [{ values: BEFORE, changed: [] }]);
  });

  test("stay all as they were when anything is wrong, and the log says what", async () => {
    const rig = startWith(BEFORE);
    await rig.to(new SettingsError(["-x: wrong", "-y: wrong"]));
    assert.deepEqual(rig.applied, []);
    assert.deepEqual(rig.lines[0]?.problems, ["-x: wrong", "-y: wrong"]);
  });

  test("that could not be applied count as changed the next time", async () => {
    const rig = startWith(BEFORE);
    rig.refuse(new Error("no such certificate"));
    await rig.to({ interval: 2, listen: ":1" });
    rig.refuse(undefined);
    await rig.to({ interval: 2, listen: ":1" });
    assert.deepEqual(
      rig.applied.map(({ changed }) => changed),
      [["interval"]],
    );
  });
});
