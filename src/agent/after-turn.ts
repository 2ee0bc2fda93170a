/** Does things after the present turn of the event loop, all of one turn in one go. */
export class AfterTurn {
  #actions: (() => void)[] = [];

  /** How much is still to be done. */
  get size(): number {
    return this.#actions.length;
  }

  run(action: () => void): void {
    if (this.#actions.length === 0) setImmediate(this.#runAll);
    this.#actions.push(action);
  }

  readonly #runAll = (): void => {
    const actions = this.#actions;
    this.#actions = [];
    for (const action of actions) action();
  };
}
